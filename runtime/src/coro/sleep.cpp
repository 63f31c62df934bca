#include <tandem/coro/sleep.hpp>

#include <stdexcept>
#include <string>

#include <tandem/coro/timeout.hpp>

namespace tandem {

sleep_operation::~sleep_operation() {
    if (is_armed()) waiting_task().scheduler().timers().disarm(*this);
}

void sleep_operation::enqueue() {
    detail::scheduler& run = waiting_task().scheduler();
    const time_point now = run.now();
    if (!is_until_known_) until_ = length_ < time_point::max() - now ? now + length_ : time_point::max();
    if (until_ <= now) return commit();
    if (until_ < time_point::max())
        run.timers().arm(*this, until_);
    else
        endless_.begin(run);
}

bool sleep_operation::withdraw() noexcept {
    waiting_task().scheduler().timers().disarm(*this);
    return true;
}

void detail::throw_timed_out(duration limit) {
    const double seconds = std::chrono::duration<double>(limit).count();
    std::string digits = std::to_string(seconds);
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    throw timed_out("timed out after " + digits + " s");
}

} // namespace tandem
