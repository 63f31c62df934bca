#include "url_text.hpp"

#include <algorithm>

#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

/// Bytes, as a table: URLs are looked at byte by byte, and there may be many.
class byte_set {
  public:
    constexpr explicit byte_set(std::string_view bytes) {
        for (const char c : bytes)
            has_[static_cast<unsigned char>(c)] = true;
    }
    /// With the space, controls and bytes beyond ASCII.
    constexpr byte_set with_unprintable() const {
        byte_set more = *this;
        for (std::size_t byte = 0; byte < 256; ++byte)
            if (byte <= 0x20 || byte >= 0x7f) more.has_[byte] = true;
        return more;
    }
    constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

    /// Where the first of them is; the text's size where there is none.
    std::size_t first_in(std::string_view text) const {
        std::size_t at = 0;
        while (at < text.size() && !has(text[at]))
            ++at;
        return at;
    }

  private:
    bool has_[256] = {};
};

constexpr byte_set not_in_path = byte_set("\"#<>?^`{}").with_unprintable();
constexpr byte_set not_in_query = byte_set("\"#<>'").with_unprintable();
constexpr byte_set not_in_fragment = byte_set("\"<>`").with_unprintable();
constexpr byte_set not_in_user_info = byte_set("\"#<>?^`{}/;=@[\\]|").with_unprintable();
constexpr byte_set ends_of_authority("/\\?#");
constexpr byte_set ends_of_path("?#");
constexpr byte_set ends_of_query("#");

std::string encoded(std::string_view text, const byte_set& forbidden) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (;;) {
        const auto good = forbidden.first_in(text);
        out += text.substr(0, good);
        if (good == text.size()) return out;
        const auto byte = static_cast<unsigned char>(text[good]);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
        text.remove_prefix(good + 1);
    }
}

bool is_slash(char c) {
    return c == '/' || c == '\\';
}

/// How many dots a segment consists of: 1, 2, or 0 where it is something else.
int dots_of(std::string_view segment) {
    if (segment.empty() || segment.size() > 6 || (segment[0] != '.' && segment[0] != '%')) return 0;
    const auto plain = percent_decoded(segment);
    return plain == "." ? 1 : plain == ".." ? 2 : 0;
}

/// Cuts `text` off at the first of `marks`, and returns what stands before.
std::string_view take_until(std::string_view& text, const byte_set& marks) {
    const auto end = marks.first_in(text);
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
    cut_authority(pieces, take_until(text, ends_of_authority));
    pieces.path = take_until(text, ends_of_path);
    pieces.query = take_until(text, ends_of_query);
    if (!text.empty()) pieces.fragment = text.substr(1);
    return pieces;
}

std::string encoded_path(std::string_view path) {
    auto text = encoded(path, not_in_path);
    std::replace(text.begin(), text.end(), '\\', '/');
    return text;
}

std::string encoded_query(std::string_view query) {
    return encoded(query, not_in_query);
}

std::string encoded_fragment(std::string_view fragment) {
    return encoded(fragment, not_in_fragment);
}

std::string encoded_user_info(std::string_view user_info) {
    return encoded(user_info, not_in_user_info);
}

std::string without_dots(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    while (!path.empty()) {
        path.remove_prefix(1);
        auto end = path.find('/');
        auto segment = path.substr(0, end);
        bool last = end == std::string_view::npos;
        path.remove_prefix(segment.size());
        const int dots = dots_of(segment);
        if (dots == 2) {
            out.erase(out.empty() ? 0 : out.rfind('/'));
            if (last) out += '/';
        } else if (dots == 1) {
            if (last) out += '/';
        } else {
            out += '/';
            out += segment;
        }
    }
    return out.empty() ? "/" : out;
}

bool may_have_dots(std::string_view path) noexcept {
    for (std::size_t i = 1; i < path.size(); ++i)
        if (path[i - 1] == '/' && (path[i] == '.' || path[i] == '%')) return true;
    return false;
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
