// The part of queue_core that serves tasks.
#include "pool/queue_core.hpp"

#include "pool/quiet_thread.hpp"

namespace tandem::detail {

namespace {

/// How long a thread waits for the lock before it looks whether there is still somebody to serve.
constexpr auto look_again = std::chrono::milliseconds(20);
/// How long it stays when there is nobody: the next one may come soon.
constexpr auto stay = std::chrono::milliseconds(50);

} // namespace

queue_outcome queue_core::attempt(queue_wait& task) {
    return task.sends_ ? put(task.item_) : take(task.item_);
}

bool queue_core::try_serve(queue_wait& task) {
    {
        const std::lock_guard access(access_);
        if (!ends_[task.sends_].waiting.empty()) return false;
    }
    const robust_guard held(memory().lock, memory().lock.try_lock());
    if (!held.is_held()) return false;
    enter(held);
    task.outcome_ = attempt(task);
    return task.outcome_ != queue_outcome::wait;
}

void queue_core::wait(queue_wait& task) {
    const bool sends = task.sends_;
    {
        const std::lock_guard access(access_);
        end_tasks& tasks = ends_[sends];
        if (!tasks.has_server) {
            start_quiet_thread([self = shared_from_this(), sends] { self->serve(sends); });
            tasks.has_server = true;
        }
        tasks.waiting.push_back(task);
    }
    changed_.notify_all();
}

bool queue_core::forget(queue_wait& task) noexcept {
    {
        const std::lock_guard access(access_);
        list_hook<queue_wait_tag>& place = task;
        if (!place.is_linked()) return false;
        place.unlink();
    }
    event(task.sends_).stir(); // the thread is done, or another's value may fit
    return true;
}

void queue_core::serve(bool sends) {
    end_tasks& tasks = ends_[sends];
    shared_event& change = event(sends);
    std::unique_lock access(access_);
    while (changed_.wait_for(access, stay, [&] { return !tasks.waiting.empty(); })) {
        access.unlock();
        bool must_wait = false;
        std::uint32_t seen = 0;
        {
            const robust_guard held(memory().lock, memory().lock.lock_until(clock::now() + look_again));
            if (held.is_held()) {
                enter(held);
                seen = change.now();
                const std::lock_guard again(access_);
                while (!tasks.waiting.empty() && serve_first(tasks)) {
                }
                must_wait = !tasks.waiting.empty();
                if (must_wait) change.expect_sleeper();
            }
        }
        if (must_wait) change.sleep(seen, time_point::max());
        access.lock();
    }
    tasks.has_server = false;
}

/// Returns false if it has to wait.
bool queue_core::serve_first(end_tasks& tasks) noexcept {
    queue_wait& first = tasks.waiting.front();
    try {
        first.outcome_ = attempt(first);
    } catch (...) {
        first.outcome_ = queue_outcome::done;
        first.error_ = std::current_exception();
    }
    if (first.outcome_ == queue_outcome::wait) return false;
    tasks.waiting.pop_front();
    const loop_handle home = *first.home_; // `first` is gone as soon as the loop has run the post
    home.post([&first] { first.commit(); });
    return true;
}

} // namespace tandem::detail
