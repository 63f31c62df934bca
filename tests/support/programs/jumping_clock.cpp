// A library to be loaded before all others (LD_PRELOAD): the time of day is another one whenever somebody
// asks for it, years ahead or years ago. Clocks that measure go on as they are.
#include <atomic>
#include <ctime>

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

time_t jump() noexcept {
    static std::atomic<int> asked = 0;
    constexpr time_t year = 365 * 24 * 3600;
    return (asked++ % 7 - 3) * 3 * year;
}

} // namespace

extern "C" {

// The declarations in glibc's headers say that the pointers are never null.
int clock_gettime(clockid_t which, timespec* now) noexcept {
    const auto failed = ::syscall(SYS_clock_gettime, which, now);
    if (failed == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
    return static_cast<int>(failed);
}

int gettimeofday(timeval* now, void*) noexcept {
    timespec precise{};
    const int failed = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return failed;
}

time_t time(time_t* now) noexcept {
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now) *now = precise.tv_sec;
    return precise.tv_sec;
}
}
