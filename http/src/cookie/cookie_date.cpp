#include "cookie_date.hpp"

#include <array>

#include <tandem/http/headers.hpp>

namespace tandem::http::detail {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_delimiter(unsigned char c) {
    return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
           (c >= 0x7b && c <= 0x7e);
}

/// Takes a number of `least` to `most` digits, which no further digit follows, off the front.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
    std::size_t size = 0;
    int value = 0;
    while (size < text.size() && size <= most && is_digit(text[size]))
        value = value * 10 + (text[size++] - '0');
    if (size < least || size > most) return std::nullopt;
    text.remove_prefix(size);
    return value;
}

struct time_of_day {
    int hour = 0;
    int minute = 0;
    int second = 0;
};

std::optional<time_of_day> parse_time(std::string_view word) {
    std::array<int, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) {
            if (!word.starts_with(':')) return std::nullopt;
            word.remove_prefix(1);
        }
        const auto part = take_number(word, 1, 2);
        if (!part) return std::nullopt;
        parts[i] = *part;
    }
    return time_of_day{parts[0], parts[1], parts[2]};
}

std::optional<unsigned> parse_month(std::string_view word) {
    constexpr std::array<const char*, 12> names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
    for (unsigned i = 0; i < names.size(); ++i)
        if (equal_ignoring_case(word.substr(0, 3), names[i])) return i + 1;
    return std::nullopt;
}

/// The parts of a date, each the first word that can be it.
struct date_words {
    std::optional<time_of_day> time;
    std::optional<int> day;
    std::optional<unsigned> month;
    std::optional<int> year;

    void take(std::string_view word) {
        if (!time && (time = parse_time(word))) return;
        auto rest = word;
        if (!day && (day = take_number(rest, 1, 2))) return;
        if (!month && (month = parse_month(word))) return;
        if (!year) year = take_number(rest = word, 2, 4);
    }
};

} // namespace

std::optional<cookie_time> parse_cookie_date(std::string_view text) {
    date_words found;
    while (!text.empty()) {
        std::size_t size = 0;
        while (size < text.size() && !is_delimiter(static_cast<unsigned char>(text[size])))
            ++size;
        if (size > 0) found.take(text.substr(0, size));
        text.remove_prefix(size < text.size() ? size + 1 : size);
    }
    if (!found.time || !found.day || !found.month || !found.year) return std::nullopt;
    int year = *found.year;
    if (year >= 70 && year <= 99) year += 1900;
    if (year >= 0 && year <= 69) year += 2000;
    const auto& time = *found.time;
    if (year < 1601 || time.hour > 23 || time.minute > 59 || time.second > 59) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date(std::chrono::year(year), std::chrono::month(*found.month),
                              std::chrono::day(static_cast<unsigned>(*found.day)));
    if (!date.ok()) return std::nullopt;
    return sys_days(date) + hours(time.hour) + minutes(time.minute) + seconds(time.second);
}

} // namespace tandem::http::detail
