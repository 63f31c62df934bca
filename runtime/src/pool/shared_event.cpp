#include "pool/shared_event.hpp"

#include <chrono>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tandem::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) &&
              std::atomic<std::uint32_t>::is_always_lock_free);

void shared_event::stir() noexcept {
    count_.fetch_add(1);
    syscall(SYS_futex, &count_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void shared_event::sleep(std::uint32_t seen, time_point limit) noexcept {
    timespec left{};
    if (limit != time_point::max()) {
        const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(limit - clock::now()).count();
        if (rest <= 0) return;
        left = {static_cast<time_t>(rest / 1'000'000'000), static_cast<long>(rest % 1'000'000'000)};
    }
    syscall(SYS_futex, &count_, FUTEX_WAIT, seen, limit != time_point::max() ? &left : nullptr, nullptr, 0);
}

} // namespace tandem::detail
