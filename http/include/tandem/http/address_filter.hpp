// Which addresses a client may connect to.
#pragma once
#include <string_view>

#include <tandem/base/config.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem::http {

/// True for an address of the public Internet: none of RFC 6890's registries of special addresses (this
/// network, private, loopback, link-local, shared (CGNAT), documentation, benchmarking, protocol assignments,
/// unique local, discard), no multicast, broadcast or reserved one. An IPv6 address that stands for an IPv4
/// one (mapped, compatible, 6to4, Teredo, NAT64) is public where that is; behind a NAT64 prefix for local use
/// (RFC 8215) none is.
TANDEM_API bool is_public_address(const endpoint& address) noexcept;

/// A `connect_filter` for URLs that strangers choose: lets requests go to the public Internet only, whatever
/// a name resolves to and wherever a redirect leads.
///
///     http::client web(http::client_options().connect_filter(http::refuse_private_addresses));
TANDEM_API bool refuse_private_addresses(const endpoint& address, std::string_view host) noexcept;

namespace detail {

class address_filter {
  public:
    virtual ~address_filter() = default;
    virtual bool allows(const endpoint& address, std::string_view host) const = 0;
};

} // namespace detail

} // namespace tandem::http
