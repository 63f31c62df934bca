// When a server wants to be asked again.
#pragma once
#include <chrono>
#include <optional>

#include <tandem/base/clock.hpp>
#include <tandem/http/headers.hpp>

namespace tandem::http::detail {

/// How long a reply with these fields asks to be left alone (`Retry-After`, RFC 9110 section 10.2.3): a
/// number of seconds, or the time until a date, by the server's own clock where the reply tells that (`Date`)
/// and by `now` otherwise. Nothing where it does not ask, or in no way that can be read; a date that has
/// passed is no time at all. Seconds beyond reason are a hundred years.
std::optional<duration> retry_after(const headers& fields, std::chrono::system_clock::time_point now);

} // namespace tandem::http::detail
