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

} // namespace

route::route(const client_options& options, const request_settings& settings,
             std::shared_ptr<tls_profile> tls)
    : unix_socket_(settings.unix_socket)
    , resolved_(settings.resolved)
    , filter_(options.connect_filter())
    , tcp_(options.tcp())
    , tls_(std::move(tls))
    , tls_options_(settings.tls)
    , verifies_(settings.verifies)
    , way_(way_of(settings)) {
    if (settings.local_address) tcp_.local_address(*settings.local_address);
}

bool route::serves(const request_settings& settings) const noexcept {
    return settings.resolved == resolved_ && settings.tls == tls_options_ && settings.verifies == verifies_ &&
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
