#include "download/options/proxy_options.hpp"

#include <stdexcept>

#include "download/options/option_group.hpp"

namespace {

std::pair<std::string, std::string> read_proxy_header(const std::string& given) {
    const auto mark = given.find(':');
    if (mark == given.npos || mark == 0) throw std::invalid_argument("a header is written as 'Name: value'");
    const auto value = given.find_first_not_of(" \t", mark + 1);
    return {given.substr(0, mark), value == given.npos ? std::string() : given.substr(value)};
}

} // namespace

void proxy_options::add_to(CLI::App& app) {
    option_group group(app, "Proxies");
    group.text("-x,--proxy", "URL", proxy,
               "go through this proxy: http, https, socks4, socks4a, socks5, socks5h; an empty one is none");
    const auto socks = [&](const std::string& name, const std::string& scheme, const std::string& help) {
        group.value(
            name, "HOST[:PORT]", [this, scheme](const std::string& given) { proxy = scheme + "://" + given; },
            help);
    };
    socks("--socks4", "socks4", "go through a SOCKS4 proxy");
    socks("--socks4a", "socks4a", "the same, which resolves the names");
    socks("--socks5", "socks5", "go through a SOCKS5 proxy");
    socks("--socks5-hostname", "socks5h", "the same, which resolves the names");
    group.text("--preproxy", "URL", preproxy, "go through this SOCKS proxy to the HTTP proxy");
    group.text("-U,--proxy-user", "USER:PASSWORD", user, "log in to the proxy as USER");
    group.flag(
        "--proxy-basic", [this] { digest = false; }, "by Basic, without being asked (the default)");
    group.flag(
        "--proxy-digest", [this] { digest = true; }, "by Digest, and nothing else");
    group.value(
        "--proxy-header", "LINE",
        [this](const std::string& given) { headers.push_back(read_proxy_header(given)); },
        "send 'Name: value' to the proxy");
    group.flag("-p,--proxytunnel", tunnel, "have the proxy make a tunnel for http URLs too");
    group.text("--noproxy", "LIST", no_proxy, "hosts to reach directly, with commas between them; * is all");
}

void proxy_options::check() const {
    if (user && user->find(':') == user->npos)
        throw CLI::ValidationError("--proxy-user", "a password is missing: USER:PASSWORD");
    if (digest && !user)
        throw CLI::ValidationError("--proxy-digest", "there is no --proxy-user to log in as");
    if (!preproxy.empty() && (!proxy || proxy->empty()))
        throw CLI::ValidationError("--preproxy", "there is no --proxy that it could lead to");
}
