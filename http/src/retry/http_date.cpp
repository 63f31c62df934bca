#include "retry/http_date.hpp"

#include <algorithm>
#include <array>

namespace tandem::http::detail {

namespace {

/// Takes a date apart from its beginning to its end, until something is missing.
class date_reader {
  public:
    explicit date_reader(std::string_view text) noexcept
        : left_(text) {}

    void skip(std::string_view expected) noexcept {
        fails_ = fails_ || !left_.starts_with(expected);
        if (!fails_) left_.remove_prefix(expected.size());
    }
    /// As many digits; for a day of asctime() the first may be a blank.
    int number(std::size_t digits, bool may_be_padded = false) noexcept {
        int value = 0;
        fails_ = fails_ || left_.size() < digits;
        for (std::size_t i = 0; i < digits && !fails_; ++i) {
            const char c = left_[i];
            if (c == ' ' && i == 0 && may_be_padded) continue;
            fails_ = c < '0' || c > '9';
            value = value * 10 + (c - '0');
        }
        if (!fails_) left_.remove_prefix(digits);
        return value;
    }
    unsigned month() noexcept {
        constexpr std::array<std::string_view, 12> names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const auto* const found = std::find(names.begin(), names.end(), left_.substr(0, 3));
        fails_ = fails_ || found == names.end();
        if (!fails_) left_.remove_prefix(3);
        return static_cast<unsigned>(found - names.begin()) + 1;
    }
    std::chrono::seconds time() noexcept {
        const int hours = number(2);
        skip(":");
        const int minutes = number(2);
        skip(":");
        const int seconds = number(2);
        fails_ = fails_ || hours > 23 || minutes > 59 || seconds > 60; // a leap second
        return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
    }
    std::optional<std::chrono::sys_seconds> date(int year, unsigned month, int day,
                                                 std::chrono::seconds time) const noexcept {
        const std::chrono::year_month_day made(std::chrono::year(year), std::chrono::month(month),
                                               std::chrono::day(static_cast<unsigned>(day)));
        if (fails_ || !left_.empty() || !made.ok()) return std::nullopt;
        return std::chrono::sys_days(made) + time;
    }

  private:
    std::string_view left_;
    bool fails_ = false;
};

/// "06 Nov 1994 08:49:37 GMT"
std::optional<std::chrono::sys_seconds> imf_fixdate(std::string_view text) noexcept {
    date_reader reader(text);
    const int day = reader.number(2);
    reader.skip(" ");
    const auto month = reader.month();
    reader.skip(" ");
    const int year = reader.number(4);
    reader.skip(" ");
    const auto time = reader.time();
    reader.skip(" GMT");
    return reader.date(year, month, day, time);
}

/// "06-Nov-94 08:49:37 GMT"
std::optional<std::chrono::sys_seconds> rfc850_date(std::string_view text) noexcept {
    date_reader reader(text);
    const int day = reader.number(2);
    reader.skip("-");
    const auto month = reader.month();
    reader.skip("-");
    const int year = reader.number(2);
    reader.skip(" ");
    const auto time = reader.time();
    reader.skip(" GMT");
    // More than 50 years ahead is meant to be in the past; nobody writes this form any more.
    return reader.date(year < 70 ? 2000 + year : 1900 + year, month, day, time);
}

/// "Nov  6 08:49:37 1994"
std::optional<std::chrono::sys_seconds> asctime_date(std::string_view text) noexcept {
    date_reader reader(text);
    const auto month = reader.month();
    reader.skip(" ");
    const int day = reader.number(2, true);
    reader.skip(" ");
    const auto time = reader.time();
    reader.skip(" ");
    return reader.date(reader.number(4), month, day, time);
}

} // namespace

std::optional<std::chrono::sys_seconds> http_date(std::string_view text) noexcept {
    // The day of the week says nothing that the date does not.
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(space + 1);
    if (text[space - (space > 0 ? 1 : 0)] != ',') return asctime_date(rest);
    return rest.size() > 2 && rest[2] == '-' ? rfc850_date(rest) : imf_fixdate(rest);
}

} // namespace tandem::http::detail
