#include "set_cookie.hpp"

#include <algorithm>
#include <cstdint>

#include <tandem/http/headers.hpp>

#include "cookie_date.hpp"
#include "field_syntax.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::chrono::hours longest_life(24 * 400);

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// Seconds from now; nothing where the attribute is to be ignored.
std::optional<std::int64_t> parse_max_age(std::string_view value) {
    const bool is_negative = value.starts_with('-');
    if (is_negative) value.remove_prefix(1);
    // A sign alone passes the RFC's tests, and is no number.
    if (value.empty()) return std::nullopt;
    constexpr std::int64_t large = std::int64_t(1) << 40;
    std::int64_t seconds = 0;
    for (char c : value) {
        if (c < '0' || c > '9') return std::nullopt;
        seconds = std::min(seconds * 10 + (c - '0'), large);
    }
    return is_negative ? -seconds : seconds;
}

http::same_site parse_same_site(std::string_view value) {
    if (equal_ignoring_case(value, "None")) return http::same_site::none;
    if (equal_ignoring_case(value, "Lax")) return http::same_site::lax;
    if (equal_ignoring_case(value, "Strict")) return http::same_site::strict;
    return http::same_site::unset;
}

/// The attributes that say when a cookie ends.
struct end_of_life {
    std::optional<cookie_time> expires;
    std::optional<cookie_time> max_age;

    void take_expires(std::string_view value, cookie_time now) {
        if (const auto date = parse_cookie_date(value)) expires = std::min(*date, now + longest_life);
    }
    void take_max_age(std::string_view value, cookie_time now) {
        const auto seconds = parse_max_age(value);
        if (!seconds) return;
        const auto length = std::min<std::chrono::seconds>(std::chrono::seconds(*seconds), longest_life);
        max_age = *seconds <= 0 ? cookie_time::min() : now + length;
    }
};

void take_attribute(set_cookie& to, end_of_life& end, std::string_view name, std::string_view value,
                    cookie_time now) {
    if (equal_ignoring_case(name, "Expires")) {
        end.take_expires(value, now);
    } else if (equal_ignoring_case(name, "Max-Age")) {
        end.take_max_age(value, now);
    } else if (equal_ignoring_case(name, "Domain")) {
        if (value.starts_with('.')) value.remove_prefix(1);
        to.domain = in_lower_case(value);
    } else if (equal_ignoring_case(name, "Path")) {
        to.has_path = true;
        to.path.reset();
        if (value.starts_with('/')) to.path = value;
    } else if (equal_ignoring_case(name, "Secure")) {
        to.secure = true;
    } else if (equal_ignoring_case(name, "HttpOnly")) {
        to.http_only = true;
    } else if (equal_ignoring_case(name, "SameSite")) {
        to.same_site = parse_same_site(value);
    }
}

bool begins_with(std::string_view text, std::string_view prefix) noexcept {
    return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

} // namespace

std::string in_lower_case(std::string_view text) {
    std::string small(text);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return small;
}

std::optional<set_cookie> parse_set_cookie(std::string_view text, cookie_time now) {
    if (has_control_character(text)) return std::nullopt;
    const auto pair = text.substr(0, text.find(';'));
    text.remove_prefix(pair.size());

    set_cookie made;
    const auto equals = pair.find('=');
    if (equals != pair.npos) made.name = trimmed(pair.substr(0, equals));
    made.value = trimmed(equals == pair.npos ? pair : pair.substr(equals + 1));
    if (made.name.size() + made.value.size() > most_name_and_value) return std::nullopt;
    if (made.name.empty() && made.value.empty()) return std::nullopt;

    end_of_life end;
    while (!text.empty()) {
        text.remove_prefix(1); // the semicolon
        const auto attribute = text.substr(0, text.find(';'));
        text.remove_prefix(attribute.size());
        const auto name = attribute.substr(0, attribute.find('='));
        const auto value =
            trimmed(name.size() < attribute.size() ? attribute.substr(name.size() + 1) : std::string_view());
        if (value.size() <= most_attribute_value) take_attribute(made, end, trimmed(name), value, now);
    }
    made.expires = end.max_age ? end.max_age : end.expires;
    return made;
}

bool breaks_prefix(const cookie& made, bool has_path) noexcept {
    if (made.name.empty()) return begins_with(made.value, "__Secure-") || begins_with(made.value, "__Host-");
    if (begins_with(made.name, "__Secure-")) return !made.secure;
    if (begins_with(made.name, "__Host-"))
        return !made.secure || !made.host_only || !has_path || made.path != "/";
    return false;
}

} // namespace tandem::http::detail
