// The way that a request's connections take.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/client_options.hpp>
#include <tandem/io/connect_options.hpp>
#include <tandem/io/endpoint.hpp>

#include "tls_settings.hpp"

namespace tandem::http::detail {

/// All that two requests to one origin have to have in common to share a connection. What only a client can
/// set (TCP's options, the filter) is the same for all of its connections.
class route {
  public:
    route(const client_options& options, const request_settings& settings, std::shared_ptr<tls_profile> tls);

    /// True for requests with these settings, those of the tls_profile aside.
    bool serves(const request_settings& settings) const noexcept;

    /// True where a connection that was made for `other` serves here as well.
    bool shares_with(const route& other, bool https) const noexcept {
        return this == &other ||
               (way_ == other.way_ && (!https || tls_->identity() == other.tls_->identity()));
    }

    /// A Unix socket's path, or nothing.
    const std::string& unix_socket() const noexcept { return unix_socket_; }
    /// The addresses that were given for `host`; empty where it is the resolver's to say.
    std::vector<endpoint> addresses(std::string_view host, std::uint16_t port) const;
    const address_filter* filter() const noexcept { return filter_.get(); }
    const connect_options& tcp() const noexcept { return tcp_; }
    tls_profile& tls() const noexcept { return *tls_; }

  private:
    std::string unix_socket_;
    std::shared_ptr<const std::vector<host_address>> resolved_;
    std::shared_ptr<const address_filter> filter_;
    connect_options tcp_;
    std::shared_ptr<tls_profile> tls_;
    std::shared_ptr<const tls_client_options> tls_options_;
    bool verifies_;
    /// Equal for equal ways below TLS: Unix socket, local address, addresses of hosts; a proxy and its
    /// credentials once there are proxies.
    std::string way_;
};

} // namespace tandem::http::detail
