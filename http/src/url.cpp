#include <tandem/http/url.hpp>

#include <tandem/http/error.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <ostream>

#include "text_codec.hpp"

namespace tandem::http {

namespace {

namespace urls = boost::urls;
using detail::percent_decoded;

constexpr std::size_t longest_url = 1 << 20;
constexpr const char* malformed_authority = "not a URL: its host or port is malformed";
constexpr const char* wrong_scheme = "not a URL: it does not begin with http:// or https://";

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

void append_encoded(std::string& out, unsigned char c) {
    constexpr char digits[] = "0123456789ABCDEF";
    out += '%';
    out += digits[c >> 4];
    out += digits[c & 15];
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// `text` with everything behind the authority spelled as RFC 3986 wants it: what people and servers write
/// there is often not, and browsers follow it all the same.
std::string repaired(std::string_view text) {
    auto authority = text.find("://");
    auto head = authority == std::string_view::npos ? 0 : text.find_first_of("/\\?", authority + 3);
    if (head == std::string_view::npos) head = text.size();
    std::string out(text.substr(0, head));
    bool in_path = true;
    for (std::size_t i = head; i < text.size(); ++i) {
        char c = text[i];
        if (c == '?') in_path = false;
        bool stray_percent = c == '%' && !(i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]));
        bool unsafe = static_cast<unsigned char>(c) >= 0x80 ||
                      std::string_view(" \"<>^`{|}[]").find(c) != std::string_view::npos;
        if (c == '\\') {
            if (in_path)
                out += '/';
            else
                append_encoded(out, '\\');
        } else if (stray_percent || unsafe) {
            append_encoded(out, static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

bool is_dot(std::string_view segment) {
    return segment == "." || (segment.size() == 3 && percent_decoded(segment) == ".");
}

bool is_dot_dot(std::string_view segment) {
    return segment == ".." || (segment.size() <= 6 && percent_decoded(segment) == "..");
}

/// RFC 3986 section 5.2.4, on an absolute path; "%2e" is a dot too, as in browsers.
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

/// The host in lower case without percent-encoding or brackets. Throws bad_url for one that no name service
/// knows.
std::string checked_host(std::string_view text, const urls::url_view& parts) {
    auto host_name = std::string(parts.host_address());
    if (host_name.empty()) throw bad_url(text, "not a URL: it names no host");
    for (char& c : host_name) {
        c = lower(c);
        bool usual =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
        if (static_cast<unsigned char>(c) >= 0x80)
            throw bad_url(text, "not a URL: its host name is not ASCII (use its xn-- form)");
        if (!usual) throw bad_url(text, "not a URL: its host name has a character that no host name has");
    }
    return host_name;
}

std::uint16_t checked_port(std::string_view text, const urls::url_view& parts, bool https) {
    if (!parts.has_port() || parts.port().empty()) return url::default_port(https);
    unsigned number = 0;
    for (char digit : parts.port()) {
        number = number * 10 + static_cast<unsigned>(digit - '0');
        if (number > 65535) break;
    }
    if (number == 0 || number > 65535) throw bad_url(text, "not a URL: its port is not between 1 and 65535");
    return static_cast<std::uint16_t>(number);
}

urls::url_view parsed(std::string_view text, const std::string& spelled) {
    auto parts = urls::parse_uri_reference(spelled);
    if (parts) return *parts;
    auto begin = spelled.find("://");
    auto authority = begin == std::string::npos ? std::string() : spelled.substr(begin + 3);
    authority = authority.substr(0, authority.find_first_of("/?"));
    if (authority.find(' ') != std::string::npos)
        throw bad_url(text, "not a URL: there is a space in its host");
    for (unsigned char c : authority)
        if (c >= 0x80) throw bad_url(text, "not a URL: its host name is not ASCII (use its xn-- form)");
    throw bad_url(text, malformed_authority);
}

/// `text` as an error may show it: without a user name and password.
std::string without_credentials(std::string_view text) {
    auto begin = text.find("//");
    if (begin == std::string_view::npos) return std::string(text);
    begin += 2;
    auto authority = text.substr(begin, text.substr(begin).find_first_of("/\\?#"));
    auto at = authority.rfind('@');
    if (at == std::string_view::npos) return std::string(text);
    return std::string(text.substr(0, begin)) + std::string(text.substr(begin + at + 1));
}

void refuse_control_characters(std::string_view text) {
    for (unsigned char c : text)
        if (c < 0x20 || c == 0x7f)
            throw bad_url(without_credentials(text), "not a URL: it contains a control character");
}

/// A reference's scheme, or nothing where it has none (RFC 3986 section 4.2).
std::string_view scheme_of(std::string_view reference) {
    auto colon = reference.find_first_of(":/?#\\");
    if (colon == std::string_view::npos || reference[colon] != ':') return {};
    return reference.substr(0, colon);
}

/// The longest beginning of `text` within `limit` bytes that does not cut a UTF-8 sequence.
std::string_view clipped(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80)
        --limit;
    return text.substr(0, limit);
}

} // namespace

url::url(std::string_view text) {
    auto given = trimmed(text);
    if (given.empty()) throw bad_url("\"\"", "not a URL: it is empty");
    refuse_control_characters(given);
    const auto shown = without_credentials(given);
    if (given.size() > longest_url) throw bad_url(shown, "not a URL: it is longer than a mebibyte");
    auto spelled = repaired(given.substr(0, given.find('#')));

    auto colon = spelled.find("://");
    std::string scheme;
    for (char c : std::string_view(spelled).substr(0, colon == std::string::npos ? 0 : colon))
        scheme += lower(c);
    if (scheme != "http" && scheme != "https") throw bad_url(shown, wrong_scheme);
    bool https = scheme == "https";

    auto parts = parsed(shown, spelled);
    auto host_name = checked_host(shown, parts);
    port_ = checked_port(shown, parts, https);
    if (parts.has_userinfo()) {
        auto user = parts.encoded_userinfo();
        user_info_.assign(user.data(), user.size());
    }

    text_ = scheme + "://";
    bool brackets = host_name.find(':') != std::string::npos;
    host_begin_ = size() + brackets;
    text_ += (brackets ? "[" : "") + host_name;
    host_end_ = size();
    if (brackets) text_ += ']';
    if (port_ != default_port(https)) text_ += ":" + std::to_string(port_);
    path_begin_ = size();
    auto path = parts.encoded_path();
    // Boost.URL 1.81 takes the x of http://host:x/ for a path.
    if (!path.empty() && path.front() != '/') throw bad_url(shown, malformed_authority);
    text_ += without_dots(std::string_view(path.data(), path.size()));
    query_begin_ = size();
    if (parts.has_query()) {
        auto query = parts.encoded_query();
        text_ += '?';
        text_.append(query.data(), query.size());
    }
}

std::string_view url::host() const noexcept {
    return slice(host_begin_, host_end_);
}

url url::resolve(std::string_view reference) const {
    auto given = trimmed(reference);
    refuse_control_characters(given);
    if (!scheme_of(given).empty()) return url(given);
    std::string flat(given.substr(0, given.find('#')));
    for (std::size_t i = 0; i < flat.size() && flat[i] != '?'; ++i)
        if (flat[i] == '\\') flat[i] = '/';

    std::string base_authority = "//";
    if (!user_info_.empty()) base_authority += user_info_ + "@";
    base_authority += authority();
    std::string absolute = std::string(scheme()) + ":";
    if (flat.starts_with("//")) return url(absolute + flat);
    absolute += base_authority;
    if (flat.empty()) return url(absolute + std::string(target()));
    if (flat.starts_with('/')) return url(absolute + flat);
    if (flat.starts_with('?')) return url(absolute + std::string(path()) + flat);
    return url(absolute + std::string(path().substr(0, path().rfind('/') + 1)) + flat);
}

std::string url::file_name() const {
    auto name = percent_decoded(path().substr(path().rfind('/') + 1));
    if (auto slash = name.rfind('/'); slash != std::string::npos) name.erase(0, slash + 1);
    for (char& c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '_';
    name.erase(0, name.find_first_not_of(". "));
    if (name.empty()) return "index.html";

    constexpr std::size_t longest_name = 200;
    constexpr std::size_t longest_extension = 20;
    if (name.size() <= longest_name) return name;
    auto dot = name.rfind('.');
    auto extension =
        dot != std::string::npos && name.size() - dot <= longest_extension ? name.substr(dot) : "";
    return std::string(clipped(name, longest_name - extension.size())) + extension;
}

std::ostream& operator<<(std::ostream& out, const url& u) {
    return out << u.to_string();
}

} // namespace tandem::http
