// Which failures the next attempt may not meet.
#pragma once
#include <exception>
#include <string>

#include <tandem/base/clock.hpp>

namespace tandem::http::detail {

/// Whether a reply of this status says that its host has too much to do.
constexpr bool is_overload(int status) noexcept {
    return status == 429 || status == 503;
}

/// True for a failure of a request, an http::error, that has come of the way there or of the server's state
/// and not of what was asked for.
bool may_pass(const std::exception_ptr& failure);

/// The cause() of such an error.
std::string cause_of(const std::exception_ptr& failure);

/// A length of time, for a log: "1.5 s".
std::string in_seconds(duration length);

} // namespace tandem::http::detail
