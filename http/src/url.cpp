#include <tandem/http/url.hpp>

#include <tandem/http/error.hpp>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <ostream>
#include <stdexcept>

#include "host_name.hpp"
#include "text_codec.hpp"
#include "url_text.hpp"
#include "utf8.hpp"

namespace tandem::http {

namespace {

namespace urls = boost::urls;
using detail::percent_decoded;
using detail::without_blanks_around;
using detail::without_credentials;

constexpr std::size_t longest_url = 1 << 20;
constexpr const char* malformed_authority = "not a URL: its host or port is malformed";
constexpr const char* wrong_scheme = "not a URL: it does not begin with http:// or https://";

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return lower;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw bad_url(without_credentials(text), why);
}

/// The port that stands in `text` as `digits`.
std::uint16_t checked_port(std::string_view text, std::string_view digits, bool https) {
    if (digits.empty()) return url::default_port(https);
    unsigned number = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') refuse(text, malformed_authority);
        if (number <= 65535) number = number * 10 + static_cast<unsigned>(digit - '0');
    }
    if (number == 0 || number > 65535) refuse(text, "not a URL: its port is not between 1 and 65535");
    return static_cast<std::uint16_t>(number);
}

void refuse_control_characters(std::string_view text) {
    for (unsigned char c : text)
        if (c < 0x20 || c == 0x7f) refuse(text, "not a URL: it contains a control character");
}

/// A reference's scheme, or nothing where it has none (RFC 3986 section 4.2).
std::string_view scheme_of(std::string_view reference) {
    auto colon = reference.find_first_of(":/?#\\");
    if (colon == std::string_view::npos || reference[colon] != ':') return {};
    return reference.substr(0, colon);
}

} // namespace

url::url(std::string_view text)
    : url(text, true) {}

url::url(std::string_view text, bool resolves_dots) {
    auto given = without_blanks_around(text);
    if (given.empty()) throw bad_url("\"\"", "not a URL: it is empty");
    refuse_control_characters(given);
    if (given.size() > longest_url) refuse(given, "not a URL: it is longer than a mebibyte");

    const auto pieces = detail::cut_apart(given);
    const auto scheme = in_lower_case(pieces.scheme);
    if ((scheme != "http" && scheme != "https") || !pieces.has_authority) refuse(given, wrong_scheme);
    const bool https = scheme == "https";
    if (pieces.host.empty()) refuse(given, "not a URL: it names no host");
    if (pieces.has_stray_text) refuse(given, malformed_authority);

    std::string host_name;
    try {
        host_name = detail::host_in_ascii(pieces.host);
    } catch (const std::invalid_argument& reason) {
        refuse(given, reason.what());
    }
    if (host_name.empty()) refuse(given, "not a URL: it names no host");
    port_ = checked_port(given, pieces.port, https);
    user_info_ = detail::encoded_user_info(pieces.user_info);
    fragment_ = detail::encoded_fragment(pieces.fragment);

    text_.reserve(given.size() + 1);
    text_.append(scheme).append("://");
    const bool brackets = host_name.find(':') != std::string::npos;
    host_begin_ = size() + brackets;
    text_.append(brackets ? "[" : "").append(host_name);
    host_end_ = size();
    if (brackets) text_ += ']';
    if (port_ != default_port(https)) text_.append(":").append(std::to_string(port_));
    path_begin_ = size();
    // Boost.URL's grammar is the last word on an address in brackets. A name consists by now of what may
    // stand there in any order (RFC 3986 section 3.2.2), and behind it browsers are laxer than that grammar.
    if (brackets && !urls::parse_uri(text_)) refuse(given, malformed_authority);
    const auto path = pieces.path.empty() ? std::string("/") : detail::encoded_path(pieces.path);
    text_ += resolves_dots && detail::may_have_dots(path) ? detail::without_dots(path) : path;
    query_begin_ = size();
    text_ += detail::encoded_query(pieces.query);
}

std::string_view url::host() const noexcept {
    return slice(host_begin_, host_end_);
}

url url::resolve(std::string_view reference) const {
    const auto given = without_blanks_around(reference);
    refuse_control_characters(given);
    if (!scheme_of(given).empty()) return url(given);
    std::string flat(given);
    for (std::size_t i = 0; i < flat.size() && flat[i] != '?' && flat[i] != '#'; ++i)
        if (flat[i] == '\\') flat[i] = '/';

    std::string base_authority = "//";
    if (!user_info_.empty()) base_authority += user_info_ + "@";
    base_authority += authority();
    std::string absolute = std::string(scheme()) + ":";
    if (flat.starts_with("//")) return url(absolute + flat);
    absolute += base_authority;
    if (flat.empty() || flat.starts_with('#')) return url(absolute + std::string(target()) + flat);
    if (flat.starts_with('/')) return url(absolute + flat);
    if (flat.starts_with('?')) return url(absolute + std::string(path()) + flat);
    return url(absolute + std::string(path().substr(0, path().rfind('/') + 1)) + flat);
}

url url::with_fragment(std::string_view fragment) const {
    refuse_control_characters(fragment);
    url other(*this);
    other.fragment_ = detail::encoded_fragment(fragment);
    return other;
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
    return std::string(detail::clipped(name, longest_name - extension.size())) + extension;
}

std::ostream& operator<<(std::ostream& out, const url& u) {
    return out << u.to_string();
}

} // namespace tandem::http
