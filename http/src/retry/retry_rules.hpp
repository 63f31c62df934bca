// Which failures the next attempt may not meet.
#pragma once
#include <exception>
#include <string>

#include <tandem/base/clock.hpp>
#include <tandem/http/retry_policy.hpp>

namespace tandem::http::detail {

/// Whether a reply of this status says that its host has too much to do.
constexpr bool is_overload(int status) noexcept {
    return status == 429 || status == 503;
}

/// True for a failure of a request, an http::error, that has come of the way there or of the server's state
/// and not of what was asked for; by a policy for all errors, for any that has not come of this side.
bool may_pass(const std::exception_ptr& failure, const retry_policy& policy);

/// Whether a reply of this status may be another one the next time.
bool may_pass(int status, const retry_policy& policy) noexcept;

/// Whether an attempt after this pause would come later than the policy has any, `passed` after the first.
bool is_too_late(duration passed, duration pause, const retry_policy& policy) noexcept;

/// The cause() of such an error.
std::string cause_of(const std::exception_ptr& failure);

/// A length of time, for a log: "1.5 s".
std::string in_seconds(duration length);

} // namespace tandem::http::detail
