#include "proxy/proxy_server.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "field_syntax.hpp"
#include "host_name.hpp"
#include "text_codec.hpp"
#include "url_text.hpp"

namespace tandem::http::detail {

namespace {

struct scheme {
    std::string_view name;
    proxy_kind kind;
    std::uint16_t port;
};

constexpr scheme schemes[] = {
    {"http", proxy_kind::http, 80},       {"https", proxy_kind::https, 443},
    {"socks4", proxy_kind::socks4, 1080}, {"socks4a", proxy_kind::socks4a, 1080},
    {"socks5", proxy_kind::socks5, 1080}, {"socks5h", proxy_kind::socks5h, 1080},
    {"socks", proxy_kind::socks5h, 1080},
};

std::optional<std::uint16_t> port_in(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& letter : lower)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter | 0x20);
    return lower;
}

} // namespace

std::string with_port(std::string_view host, std::uint16_t port) {
    const bool is_v6 = host.find(':') != std::string_view::npos;
    return (is_v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

proxy_server::proxy_server(std::string_view given) {
    std::string text(without_blanks_around(given));
    const auto refuse = [&](const std::string& why) {
        throw std::invalid_argument("the proxy '" + without_credentials(text) + "': " + why);
    };
    if (has_control_character(text) || text.find('\t') != text.npos) refuse("it has a control character");
    if (text.find("://") == text.npos) text = "http://" + text;

    const auto pieces = cut_apart(text);
    const auto name = in_lower_case(pieces.scheme);
    const auto* const found = std::find_if(std::begin(schemes), std::end(schemes),
                                           [&](const scheme& each) { return each.name == name; });
    if (found == std::end(schemes))
        refuse("the scheme is none of http, https, socks4, socks4a, socks5 and socks5h");
    kind_ = found->kind;
    if (pieces.host.empty() || pieces.has_stray_text) refuse("it names no host");
    try {
        host_ = host_in_ascii(pieces.host);
    } catch (const std::invalid_argument& failure) {
        refuse(failure.what());
    }
    port_ = found->port;
    if (!pieces.port.empty()) {
        const auto port = port_in(pieces.port);
        if (!port) refuse("the port is no number from 1 to 65535");
        port_ = *port;
    }
    if ((!pieces.path.empty() && pieces.path != "/") || !pieces.query.empty())
        refuse("a proxy has no path (a file that chooses proxies, PAC, is not understood)");

    // "user:@host" and "user@host" name a user, "@host" nobody.
    const auto colon = pieces.user_info.find(':');
    user_ = percent_decoded(pieces.user_info.substr(0, colon));
    if (colon != std::string_view::npos) password_ = percent_decoded(pieces.user_info.substr(colon + 1));
    user_info_ = pieces.user_info;
    has_user_ = !pieces.user_info.empty();
    constexpr std::size_t longest = 255; // RFC 1929
    if (is_socks() && (user_.size() > longest || password_.size() > longest))
        refuse("SOCKS takes a user name and a password of at most 255 bytes");
    if (is_socks() && user_.find('\0') != std::string::npos) refuse("the user name contains a zero byte");
    name_ = (kind_ == proxy_kind::socks5h ? "socks5h" : std::string(found->name)) + "://" + authority();
}

std::string proxy_server::authority() const {
    return with_port(host_, port_);
}

std::string proxy_server::basic_credentials() const {
    return has_user_ ? "Basic " + base64(user_ + ":" + password_) : std::string();
}

} // namespace tandem::http::detail
