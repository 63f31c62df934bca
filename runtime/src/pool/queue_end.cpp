#include <tandem/pool/queue_end.hpp>

#include <stdexcept>
#include <string>

#include "pool/blocking_wait.hpp"
#include "pool/queue_core.hpp"
#include <tandem/sync/basic_channel.hpp>

namespace tandem::detail {

queue_end::queue_end(std::size_t capacity, std::size_t bytes)
    : queue_end(queue_core::make(capacity, bytes)) {}

queue_end::queue_end(region_pointer region)
    : core_(std::make_shared<queue_core>(std::move(region))) {}

queue_end queue_end::decode(decoder& in) {
    return queue_end(queue_object.decode(in, sizeof(queue_memory)));
}

void queue_end::encode(encoder& out) const {
    queue_object.encode(out, core_ ? core_->region() : nullptr);
}

void queue_end::check_length(std::size_t size) const {
    if (size > core_->longest())
        throw std::length_error("process_queue: a value of " + std::to_string(size) +
                                " bytes does not fit into the " + std::to_string(core_->longest()) +
                                " that the queue has for one");
}

queue_outcome queue_end::try_send(const byte_buffer& item) const {
    return core_->try_send(item);
}
queue_outcome queue_end::try_receive(byte_buffer& item) const {
    return core_->try_receive(item);
}
queue_outcome queue_end::send(const byte_buffer& item, time_point limit, const std::stop_token& stop) const {
    return core_->send(item, limit, stop);
}
queue_outcome queue_end::receive(byte_buffer& item, time_point limit, const std::stop_token& stop) const {
    return core_->receive(item, limit, stop);
}
void queue_end::close() const noexcept {
    core_->close();
}
process_queue_statistics queue_end::statistics() const noexcept {
    return core_->statistics();
}

bool queue_wait::try_now() {
    return queue_->try_serve(*this);
}

void queue_wait::enqueue() {
    home_.emplace(loop::current().handle());
    in_flight_.begin(waiting_task().scheduler());
    queue_->wait(*this);
}

bool queue_wait::withdraw() noexcept {
    return queue_->forget(*this);
}

queue_outcome queue_wait::outcome() const {
    throw_if_cancelled();
    if (error_) std::rethrow_exception(error_);
    return outcome_;
}

time_point queue_limit(duration limit) noexcept {
    return moment_after(limit);
}

void throw_queue_closed() {
    throw channel_closed("process_queue: send on a closed queue");
}

} // namespace tandem::detail
