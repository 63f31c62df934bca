// The way that a request's connections take.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/http/client_options.hpp>
#include <tandem/io/connect_options.hpp>
#include <tandem/io/endpoint.hpp>

#include "auth/authenticator.hpp"
#include "proxy/proxy_settings.hpp"
#include "tls_settings.hpp"

namespace tandem::http::detail {

/// All that two requests to one origin have to have in common to share a connection. What only a client can
/// set (TCP's options, the filter) is the same for all of its connections.
class route {
  public:
    /// `for_proxy` is how TLS is spoken to the proxy itself; null where it is not. `to_proxy` says to an HTTP
    /// proxy who the client is; null where its URL or a header does, or nothing.
    route(const client_options& options, const request_settings& settings, std::shared_ptr<tls_profile> tls,
          std::shared_ptr<const proxy_server> via, std::shared_ptr<tls_profile> for_proxy,
          std::shared_ptr<authenticator> to_proxy);

    /// True for requests with these settings that go through this proxy, or none.
    bool serves(const request_settings& settings,
                const std::shared_ptr<const proxy_server>& via) const noexcept;

    /// True where a connection that was made for `other` serves here as well.
    bool shares_with(const route& other, bool https) const noexcept {
        return this == &other ||
               (way_ == other.way_ && (!https || tls_->identity() == other.tls_->identity()));
    }

    /// A Unix socket's path, or nothing.
    const std::string& unix_socket() const noexcept { return unix_socket_; }
    /// The addresses that were given for `host` at `port`; empty where it is the resolver's to say.
    std::vector<endpoint> addresses(std::string_view host, std::uint16_t port) const;
    const address_filter* filter() const noexcept { return filter_.get(); }
    /// Where to connect to for `host` and `port` of a URL.
    std::pair<std::string, std::uint16_t> place_of(std::string_view host, std::uint16_t port) const;
    const connect_options& tcp() const noexcept { return tcp_; }
    tls_profile& tls() const noexcept { return *tls_; }

    /// Null for none.
    const proxy_server* proxy() const noexcept { return proxy_.get(); }
    /// A SOCKS proxy that leads to it; null for none.
    const proxy_server* pre_proxy() const noexcept { return proxying_ ? proxying_->before.get() : nullptr; }
    tls_profile* proxy_tls() const noexcept { return proxy_tls_.get(); }
    /// What an HTTP proxy is told: the credentials in its URL, and the headers that were given for it.
    const headers& proxy_fields() const noexcept { return proxy_fields_; }
    /// Speaks for the client to an HTTP proxy in place of those credentials; null for nobody.
    const std::shared_ptr<authenticator>& proxy_login() const noexcept { return proxy_login_; }
    /// True where requests for `target` are handed to an HTTP proxy, in place of a tunnel through it.
    bool hands_to_proxy(const url& target) const noexcept {
        return proxy_ && !proxy_->is_socks() && !tunnels_all_ && !target.is_https() &&
               !detour_of(target.host(), target.port());
    }
    const std::string& user_agent() const noexcept { return user_agent_; }

  private:
    const detour* detour_of(std::string_view host, std::uint16_t port) const noexcept;

    std::string unix_socket_;
    std::shared_ptr<const std::vector<host_address>> resolved_;
    std::shared_ptr<const std::vector<detour>> detours_;
    std::shared_ptr<const address_filter> filter_;
    connect_options tcp_;
    std::shared_ptr<tls_profile> tls_;
    std::shared_ptr<const tls_client_options> tls_options_;
    bool verifies_;
    std::shared_ptr<const proxy_server> proxy_;
    std::shared_ptr<tls_profile> proxy_tls_;
    std::shared_ptr<const proxy_settings> proxying_;
    headers proxy_fields_;
    std::shared_ptr<authenticator> proxy_login_;
    bool tunnels_all_ = false;
    std::string user_agent_;
    /// Equal for equal ways below TLS: Unix socket, local address, addresses of hosts, the proxy with all
    /// that it is told.
    std::string way_;
};

} // namespace tandem::http::detail
