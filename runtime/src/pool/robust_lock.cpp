#include "pool/robust_lock.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>
#include <thread>

namespace tandem::detail {

namespace {

void check(int error) {
    if (error != 0) throw std::system_error(error, std::generic_category(), "a lock in shared memory");
}

#ifndef __SANITIZE_THREAD__
timespec to_timespec(time_point when) noexcept {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
    return {static_cast<time_t>(since / 1'000'000'000), static_cast<long>(since % 1'000'000'000)};
}
#endif

} // namespace

robust_lock::robust_lock() {
    pthread_mutexattr_t how;
    check(pthread_mutexattr_init(&how));
    check(pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED));
    check(pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST));
    check(pthread_mutexattr_settype(&how, PTHREAD_MUTEX_ERRORCHECK));
    check(pthread_mutex_init(&mutex_, &how));
    pthread_mutexattr_destroy(&how);
}

robust_lock::outcome robust_lock::taken(int error) noexcept {
    switch (error) {
    case 0:
        return outcome::taken;
    case EOWNERDEAD:
        pthread_mutex_consistent(&mutex_);
        return outcome::inherited;
    case EDEADLK:
        return outcome::own;
    default:
        return outcome::busy;
    }
}

robust_lock::outcome robust_lock::try_lock() noexcept {
    return taken(pthread_mutex_trylock(&mutex_));
}

robust_lock::outcome robust_lock::lock_until(time_point limit) noexcept {
    if (limit == time_point::max()) return taken(pthread_mutex_lock(&mutex_));
#ifdef __SANITIZE_THREAD__
    // ThreadSanitizer of g++ 12 does not know of pthread_mutex_clocklock.
    outcome how = try_lock();
    while (how == outcome::busy && clock::now() < limit) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        how = try_lock();
    }
    return how;
#else
    const timespec until = to_timespec(limit);
    return taken(pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &until));
#endif
}

bool robust_lock::unlock() noexcept {
    return pthread_mutex_unlock(&mutex_) == 0;
}

} // namespace tandem::detail
