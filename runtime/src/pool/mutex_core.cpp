#include "pool/mutex_core.hpp"

#include <new>
#include <unistd.h>

#include "pool/quiet_thread.hpp"
#include <tandem/base/error.hpp>
#include <tandem/base/log.hpp>

namespace tandem::detail {

namespace {

/// How often the keeper looks whether those for whom it waits are still there.
constexpr auto look_again = std::chrono::milliseconds(20);
/// How long it stays when there is nobody: the next one may come soon.
constexpr auto stay = std::chrono::milliseconds(50);

} // namespace

region_pointer mutex_core::make() {
    region_pointer region = mutex_object.make(sizeof(mutex_memory));
    auto& memory = at_place<mutex_memory>(region, 0);
    new (&memory.lock) robust_lock;
    new (&memory.holder) std::atomic<int>(0);
    return region;
}

std::optional<int> mutex_core::note(robust_lock::outcome how) noexcept {
    if (how == robust_lock::outcome::busy || how == robust_lock::outcome::own) return std::nullopt;
    const int before = memory().holder.exchange(getpid());
    return how == robust_lock::outcome::inherited ? before : 0;
}

std::optional<int> mutex_core::try_lock() noexcept {
    return note(memory().lock.try_lock());
}

std::optional<int> mutex_core::lock_until(time_point limit) {
    const robust_lock::outcome how = memory().lock.lock_until(limit);
    if (how == robust_lock::outcome::own)
        throw usage_error("process_mutex: this thread has locked it already, and would wait for itself");
    return note(how);
}

void mutex_core::unlock(bool by_keeper) noexcept {
    if (by_keeper) {
        std::unique_lock held(access_);
        const auto mine = ++released_;
        changed_.notify_all();
        // Who comes after this, in whichever process, is to find it free.
        changed_.wait(held, [&] { return given_back_ >= mine; });
        return;
    }
    const int self = memory().holder.exchange(0);
    if (memory().lock.unlock()) return;
    memory().holder.store(self);
    log(log_level::error, "process_mutex: it was not unlocked by the thread that had locked it, and stays "
                          "locked until that ends");
}

bool mutex_core::try_lock_for(operation& wants) noexcept {
    {
        const std::lock_guard held(access_);
        if (!waiting_.empty()) return false;
    }
    const std::optional<int> before = try_lock();
    if (before) wants.abandoned_by_ = *before;
    return before.has_value();
}

void mutex_core::wait(operation& wants) {
    {
        const std::lock_guard held(access_);
        if (!has_keeper_) {
            start_quiet_thread([self = shared_from_this()] { self->keep(); });
            has_keeper_ = true;
        }
        waiting_.push_back(wants);
    }
    changed_.notify_all();
}

bool mutex_core::forget(operation& wants) noexcept {
    const std::lock_guard held(access_);
    list_hook<mutex_wait_tag>& place = wants;
    if (!place.is_linked()) return false;
    place.unlink();
    return true;
}

void mutex_core::keep() {
    std::unique_lock held(access_);
    while (changed_.wait_for(held, stay, [this] { return !waiting_.empty(); })) {
        held.unlock();
        const std::optional<int> before = note(memory().lock.lock_until(clock::now() + look_again));
        held.lock();
        if (!before) continue;
        if (!waiting_.empty()) {
            operation& first = waiting_.pop_front();
            first.by_keeper_ = true;
            first.abandoned_by_ = *before;
            const loop_handle home = *first.home_; // `first` is gone as soon as the loop has run the post
            home.post([&first] { first.commit(); });
            changed_.wait(held, [this] { return released_ != given_back_; });
        }
        held.unlock();
        unlock(false);
        held.lock();
        given_back_ = released_;
        changed_.notify_all();
    }
    has_keeper_ = false;
}

} // namespace tandem::detail
