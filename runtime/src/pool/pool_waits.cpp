#include "pool/pool_waits.hpp"

#include "pool/pool_state.hpp"

namespace tandem::detail {

bool pool_stop::try_now() noexcept {
    pool_.close();
    return pool_.is_empty();
}

void pool_stop::enqueue() noexcept {
    in_flight_.begin(waiting_task().scheduler());
    pool_.when_empty(*this);
}

bool pool_stop::withdraw() noexcept {
    list_hook<stop_queue_tag>::unlink();
    return true;
}

bool pool_room::try_now() const noexcept {
    return pool_.has_room();
}

void pool_room::enqueue() noexcept {
    pool_.when_room(*this);
}

bool pool_room::withdraw() noexcept {
    list_hook<room_queue_tag>::unlink();
    return true;
}

bool pool_drain::try_now() const noexcept {
    return pool_.is_quiet();
}

void pool_drain::enqueue() noexcept {
    in_flight_.begin(waiting_task().scheduler());
    pool_.when_quiet(*this);
}

bool pool_drain::withdraw() noexcept {
    list_hook<drain_queue_tag>::unlink();
    return true;
}

bool pool_warm_up::try_now() {
    return pool_.is_warm(count_);
}

void pool_warm_up::enqueue() {
    in_flight_.begin(waiting_task().scheduler());
    pool_.when_warm(*this);
}

bool pool_warm_up::withdraw() noexcept {
    list_hook<warm_up_queue_tag>::unlink();
    return true;
}

} // namespace tandem::detail
