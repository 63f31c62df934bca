#include "route.hpp"

#include <algorithm>

namespace tandem::http::detail {

using namespace std::string_literals;

namespace {

/// Fields end with a zero, which neither a path nor an address contains.
std::string way_of(const request_settings& settings) {
    std::string text = settings.unix_socket;
    text += '\0';
    if (settings.local_address) text += settings.local_address->address();
    if (settings.resolved)
        for (const auto& each : *settings.resolved)
            text += '\0' + with_port(each.host, each.port) + '\0' + each.address.to_string();
    if (settings.detours)
        for (const auto& each : *settings.detours)
            text +=
                "\0to\0"s + with_port(each.host, each.port) + '\0' + with_port(each.to_host, each.to_port);
    return text;
}

void append(std::string& text, const std::string& field) {
    text += std::to_string(field.size()) + ':' + field;
}

/// Fields with their lengths, so that no two lists of them read the same.
std::string way_through(const proxy_server& proxy, const headers& fields, bool tunnels_all,
                        const tls_profile* tls) {
    std::string text(1, '\0');
    append(text, proxy.name());
    append(text, proxy.user());
    append(text, proxy.password());
    append(text, tls ? tls->identity() : std::string());
    text += tunnels_all ? 't' : 'f';
    for (const auto& [name, value] : fields) {
        append(text, name);
        append(text, value);
    }
    return text;
}

std::string way_as(const login& who) {
    std::string text(1, '\0');
    append(text, who.user());
    append(text, who.password());
    return text + std::to_string(static_cast<int>(who.method()));
}

} // namespace

route::route(const client_options& options, const request_settings& settings,
             std::shared_ptr<tls_profile> tls, std::shared_ptr<const proxy_server> via,
             std::shared_ptr<tls_profile> for_proxy, std::shared_ptr<authenticator> to_proxy)
    : unix_socket_(settings.unix_socket)
    , resolved_(settings.resolved)
    , detours_(settings.detours)
    , filter_(options.connect_filter())
    , tcp_(options.tcp())
    , tls_(std::move(tls))
    , tls_options_(settings.tls)
    , verifies_(settings.verifies)
    , proxy_(std::move(via))
    , proxy_tls_(std::move(for_proxy))
    , proxying_(settings.proxying)
    , proxy_login_(std::move(to_proxy))
    , user_agent_(options.user_agent())
    , way_(way_of(settings)) {
    if (settings.local_address) tcp_.local_address(*settings.local_address);
    if (!proxy_) return;
    if (proxying_) {
        tunnels_all_ = proxying_->tunnels_all;
        proxy_fields_ = proxying_->fields;
    }
    const bool has_own_words = proxy_login_ || proxy_fields_.contains("Proxy-Authorization");
    if (proxy_->has_user() && !proxy_->is_socks() && !has_own_words)
        proxy_fields_.add("Proxy-Authorization", proxy_->basic_credentials());
    way_ += way_through(*proxy_, proxy_fields_, tunnels_all_, proxy_tls_.get());
    if (pre_proxy()) way_ += way_through(*pre_proxy(), {}, false, nullptr);
    if (proxy_login_) way_ += way_as(*proxying_->login);
}

bool route::serves(const request_settings& settings,
                   const std::shared_ptr<const proxy_server>& via) const noexcept {
    return via == proxy_ && (!via || settings.proxying == proxying_) && settings.resolved == resolved_ &&
           settings.detours == detours_ && settings.tls == tls_options_ && settings.verifies == verifies_ &&
           settings.unix_socket == unix_socket_ && settings.local_address == tcp_.local_address();
}

std::vector<endpoint> route::addresses(std::string_view host, std::uint16_t port) const {
    std::vector<endpoint> found;
    if (!resolved_) return found;
    for (const std::string_view wanted : {host, std::string_view("*")}) {
        for (const auto& each : *resolved_)
            if (each.host == wanted && (each.port == 0 || each.port == port))
                found.push_back(each.address.port() == 0 ? each.address.with_port(port) : each.address);
        if (!found.empty()) break;
    }
    return found;
}

const detour* route::detour_of(std::string_view host, std::uint16_t port) const noexcept {
    if (!detours_) return nullptr;
    const auto fits = [&](const detour& each) {
        return (each.host.empty() || each.host == host) && (each.port == 0 || each.port == port);
    };
    const auto found = std::find_if(detours_->begin(), detours_->end(), fits);
    return found == detours_->end() ? nullptr : &*found;
}

std::pair<std::string, std::uint16_t> route::place_of(std::string_view host, std::uint16_t port) const {
    const auto* found = detour_of(host, port);
    if (!found) return {std::string(host), port};
    return {found->to_host.empty() ? std::string(host) : found->to_host,
            found->to_port == 0 ? port : found->to_port};
}

} // namespace tandem::http::detail
