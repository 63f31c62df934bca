#include "route.hpp"

namespace tandem::http::detail {

namespace {

/// Fields end with a zero, which neither a path nor an address contains.
std::string way_of(const request_settings& settings) {
    std::string text = settings.unix_socket;
    text += '\0';
    if (settings.local_address) text += settings.local_address->address();
    if (settings.resolved)
        for (const auto& [host, address] : *settings.resolved)
            text += '\0' + host + '\0' + address.to_string();
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
    if (proxy_login_) way_ += way_as(*proxying_->login);
}

bool route::serves(const request_settings& settings,
                   const std::shared_ptr<const proxy_server>& via) const noexcept {
    return via == proxy_ && (!via || settings.proxying == proxying_) && settings.resolved == resolved_ &&
           settings.tls == tls_options_ && settings.verifies == verifies_ &&
           settings.unix_socket == unix_socket_ && settings.local_address == tcp_.local_address();
}

std::vector<endpoint> route::addresses(std::string_view host, std::uint16_t port) const {
    std::vector<endpoint> found;
    if (!resolved_) return found;
    for (const auto& [name, address] : *resolved_)
        if (name == host) found.push_back(address.port() == 0 ? address.with_port(port) : address);
    return found;
}

} // namespace tandem::http::detail
