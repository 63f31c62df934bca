#include "retry/retry_after.hpp"

#include <algorithm>
#include <cstdint>

#include "retry/http_date.hpp"

namespace tandem::http::detail {

namespace {

/// A hundred years: a duration holds no more than three times that.
constexpr std::int64_t most = 100LL * 365 * 24 * 3600;

std::optional<duration> seconds_in(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::int64_t seconds = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        seconds = std::min(most, seconds * 10 + (c - '0'));
    }
    return std::chrono::seconds(seconds);
}

} // namespace

std::optional<duration> retry_after(const headers& fields, std::chrono::system_clock::time_point now) {
    const auto text = fields["Retry-After"];
    if (auto seconds = seconds_in(text)) return seconds;
    const auto moment = http_date(text);
    if (!moment) return std::nullopt;
    auto from = std::chrono::floor<std::chrono::seconds>(now);
    if (const auto sent = http_date(fields["Date"])) from = *sent;
    return std::clamp(*moment - from, std::chrono::seconds(0), std::chrono::seconds(most));
}

} // namespace tandem::http::detail
