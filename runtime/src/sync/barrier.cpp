#include <tandem/sync/barrier.hpp>

#include <tandem/base/error.hpp>

namespace tandem {

barrier::barrier(std::size_t parties)
    : parties_(parties) {
    if (parties == 0) throw usage_error("barrier: it takes at least one party");
}

barrier::arrive_operation barrier::arrive_and_wait() {
    if (parties_ == 0) throw usage_error("barrier: every party has dropped out");
    return arrive_operation(*this);
}

void barrier::arrive_and_drop() {
    if (parties_ == 0) throw usage_error("barrier: every party has dropped out");
    --parties_;
    if (arrived_ > 0 && arrived_ >= parties_) open();
}

std::size_t barrier::open() noexcept {
    ++generation_;
    arrived_ = 0;
    std::size_t place = 0;
    while (!waiters_.empty()) {
        arrive_operation& next = waiters_.pop_front();
        next.place_ = place++;
        next.commit();
    }
    return place;
}

bool barrier::arrive_operation::try_now() noexcept {
    if (awaited_.arrived_ + 1 < awaited_.parties_) return false;
    place_ = awaited_.open();
    return true;
}

void barrier::arrive_operation::enqueue() noexcept {
    ++awaited_.arrived_;
    awaited_.waiters_.push_back(*this);
}

bool barrier::arrive_operation::withdraw() noexcept {
    --awaited_.arrived_;
    return queued_waiter::withdraw();
}

} // namespace tandem
