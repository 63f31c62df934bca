#include <tandem/pool/process_mutex.hpp>

#include "pool/blocking_wait.hpp"
#include "pool/mutex_core.hpp"

namespace tandem {

namespace {

/// How often a thread that waits looks whether it is asked to stop.
constexpr auto look_again = std::chrono::milliseconds(10);

} // namespace

process_mutex::process_mutex()
    : process_mutex(detail::mutex_core::make()) {}

process_mutex::process_mutex(detail::region_pointer region)
    : core_(std::make_shared<detail::mutex_core>(std::move(region))) {}

process_mutex::lock_operation process_mutex::lock() const noexcept {
    return lock_operation(core_);
}

process_mutex::scoped_lock process_mutex::try_lock() const {
    const std::optional<int> before = core_->try_lock();
    return before ? scoped_lock(core_, false, *before) : scoped_lock();
}

process_mutex::scoped_lock process_mutex::blocking_lock(std::stop_token stop) const {
    return lock_until(time_point::max(), stop);
}

process_mutex::scoped_lock process_mutex::blocking_lock(duration limit, std::stop_token stop) const {
    return lock_until(detail::moment_after(limit), stop);
}

process_mutex::scoped_lock process_mutex::lock_until(time_point limit, const std::stop_token& stop) const {
    detail::refuse_in_loop("process_mutex", "blocking_lock", "co_await lock() instead");
    while (true) {
        time_point next = limit;
        if (stop.stop_possible()) next = std::min<time_point>(next, clock::now() + look_again);
        if (const std::optional<int> before = core_->lock_until(next))
            return scoped_lock(core_, false, *before);
        detail::throw_if_over("process_mutex", "blocking_lock", limit, stop);
    }
}

void process_mutex::scoped_lock::unlock() noexcept {
    if (const auto held = std::exchange(held_, nullptr)) held->unlock(by_keeper_);
}

process_mutex::lock_operation::~lock_operation() {
    if (current_state() == state::committed && wanted_) wanted_->unlock(by_keeper_);
}

process_mutex::scoped_lock process_mutex::lock_operation::await_resume() {
    throw_if_cancelled();
    return scoped_lock(std::move(wanted_), by_keeper_, abandoned_by_);
}

bool process_mutex::lock_operation::try_now() {
    return wanted_->try_lock_for(*this);
}

void process_mutex::lock_operation::enqueue() {
    home_.emplace(loop::current().handle());
    in_flight_.begin(waiting_task().scheduler());
    wanted_->wait(*this);
}

bool process_mutex::lock_operation::withdraw() noexcept {
    return wanted_->forget(*this);
}

void codec<process_mutex>::encode(encoder& out, const process_mutex& value) {
    detail::mutex_object.encode(out, value.core_ ? value.core_->region() : nullptr);
}

process_mutex codec<process_mutex>::decode(decoder& in) {
    return process_mutex(detail::mutex_object.decode(in, sizeof(detail::mutex_memory)));
}

} // namespace tandem
