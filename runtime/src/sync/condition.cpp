#include <tandem/sync/condition.hpp>

#include <tandem/base/error.hpp>

namespace tandem {

condition::wait_operation condition::wait(mutex::scoped_lock& lock) {
    if (!lock) throw usage_error("condition: wait needs a lock that holds its mutex");
    return wait_operation(*this, *lock.held_);
}

void condition::notify_one() noexcept {
    if (!waiters_.empty()) waiters_.pop_front().notified();
}

void condition::notify_all() noexcept {
    while (!waiters_.empty())
        waiters_.pop_front().notified();
}

void condition::wait_operation::enqueue() noexcept {
    awaited_.waiters_.push_back(*this);
    mutex_.unlock();
}

bool condition::wait_operation::withdraw() noexcept {
    list_hook<condition>::unlink();
    was_cancelled_ = true;
    lock_again();
    return false;
}

void condition::wait_operation::notified() noexcept {
    waiter::unlink(); // out of its scope's reach
    lock_again();
}

void condition::wait_operation::lock_again() noexcept {
    if (mutex_.take())
        commit();
    else
        mutex_.queue_.push_back(*this);
}

void condition::wait_operation::await_resume() const {
    throw_if_cancelled();
    if (was_cancelled_) waiting_task().scope().throw_cancelled();
}

} // namespace tandem
