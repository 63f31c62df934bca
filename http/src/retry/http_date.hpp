// Dates in header fields.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace tandem::http::detail {

/// An HTTP-date (RFC 9110 section 5.6.7) in any of its three forms; nothing where `text` is none.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text) noexcept;

} // namespace tandem::http::detail
