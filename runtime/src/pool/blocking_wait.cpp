#include "pool/blocking_wait.hpp"

#include <string>

#include <tandem/base/error.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/threads/job_cancelled.hpp>

namespace tandem::detail {

void refuse_in_loop(const char* object, const char* call, const char* cure) {
    if (loop::current_or_null())
        throw usage_error(std::string(object) + ": " + call + " would stop the loop of this thread; " + cure);
}

time_point moment_after(duration limit) noexcept {
    const time_point now = clock::now();
    return limit > time_point::max() - now ? time_point::max() : now + limit;
}

void throw_if_over(const char* object, const char* call, time_point limit, const std::stop_token& stop) {
    if (stop.stop_requested()) throw job_cancelled(cancel_reason::requested);
    if (limit != time_point::max() && clock::now() >= limit)
        throw timed_out(std::string(object) + ": " + call + " timed out");
}

} // namespace tandem::detail
