#include "url_text.hpp"

#include <algorithm>

#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

/// `text` with those of `forbidden`, the space, controls and bytes beyond ASCII encoded.
std::string encoded(std::string_view text, std::string_view forbidden) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7f && forbidden.find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

bool is_slash(char c) {
    return c == '/' || c == '\\';
}

bool is_dot(std::string_view segment) {
    return segment == "." || (segment.size() == 3 && percent_decoded(segment) == ".");
}

bool is_dot_dot(std::string_view segment) {
    return segment == ".." || (segment.size() <= 6 && percent_decoded(segment) == "..");
}

/// Cuts `text` off at the first of `marks`, and returns what stands before.
std::string_view take_until(std::string_view& text, std::string_view marks) {
    const auto end = std::min(text.find_first_of(marks), text.size());
    const auto taken = text.substr(0, end);
    text.remove_prefix(end);
    return taken;
}

void cut_authority(url_pieces& into, std::string_view authority) noexcept {
    const auto at = authority.rfind('@');
    if (at != std::string_view::npos) {
        into.user_info = authority.substr(0, at);
        authority.remove_prefix(at + 1);
    }
    const auto bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
    const auto host_end = bracket == std::string_view::npos ? authority.find(':') : bracket + 1;
    into.host = authority.substr(0, host_end);
    authority.remove_prefix(into.host.size());
    if (authority.starts_with(':'))
        authority.remove_prefix(1);
    else
        into.has_stray_text = !authority.empty();
    into.port = authority;
}

} // namespace

url_pieces cut_apart(std::string_view text) noexcept {
    url_pieces pieces;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return pieces;
    pieces.scheme = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    if (text.size() < 2 || !is_slash(text[0]) || !is_slash(text[1])) return pieces;
    text.remove_prefix(2);
    pieces.has_authority = true;
    cut_authority(pieces, take_until(text, "/\\?#"));
    pieces.path = take_until(text, "?#");
    pieces.query = take_until(text, "#");
    if (!text.empty()) pieces.fragment = text.substr(1);
    return pieces;
}

std::string encoded_path(std::string_view path) {
    auto text = encoded(path, "\"#<>?^`{}");
    std::replace(text.begin(), text.end(), '\\', '/');
    return text;
}

std::string encoded_query(std::string_view query) {
    return encoded(query, "\"#<>'");
}

std::string encoded_fragment(std::string_view fragment) {
    return encoded(fragment, "\"<>`");
}

std::string encoded_user_info(std::string_view user_info) {
    return encoded(user_info, "\"#<>?^`{}/;=@[\\]|");
}

std::string without_dots(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        path.remove_prefix(1);
        auto end = path.find('/');
        auto segment = path.substr(0, end);
        bool last = end == std::string_view::npos;
        path.remove_prefix(segment.size());
        if (is_dot_dot(segment)) {
            out.erase(out.empty() ? 0 : out.rfind('/'));
            if (last) out += '/';
        } else if (is_dot(segment)) {
            if (last) out += '/';
        } else {
            out += '/';
            out += segment;
        }
    }
    return out.empty() ? "/" : out;
}

std::string_view without_blanks_around(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string without_credentials(std::string_view text) {
    std::size_t begin = 0;
    while (begin + 1 < text.size() && !(is_slash(text[begin]) && is_slash(text[begin + 1])))
        ++begin;
    begin = std::min(begin + 2, text.size());
    const auto authority =
        text.substr(begin, std::min(text.substr(begin).find_first_of("/\\?#"), text.size()));
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    return std::string(text.substr(0, begin)) + std::string(text.substr(begin + at + 1));
}

} // namespace tandem::http::detail
