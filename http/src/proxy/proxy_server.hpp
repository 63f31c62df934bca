// A proxy, as somebody has named it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// How a proxy is spoken to. SOCKS4 and SOCKS5 are given addresses, the others names.
enum class proxy_kind { http, https, socks4, socks4a, socks5, socks5h };

/// A proxy's address and what to say to it about oneself.
class proxy_server {
  public:
    /// Of `[scheme://][user:password@]host[:port]`: the schemes are those of proxy_kind and "socks", which is
    /// socks5h; without one it is http. The port is 80, 443 for https, or 1080 for SOCKS, where none is said.
    /// Throws std::invalid_argument, whose text has no password.
    explicit proxy_server(std::string_view text);

    proxy_kind kind() const noexcept { return kind_; }
    bool is_socks() const noexcept { return kind_ != proxy_kind::http && kind_ != proxy_kind::https; }
    /// False where a target's name has to be resolved here.
    bool resolves_names() const noexcept {
        return kind_ != proxy_kind::socks4 && kind_ != proxy_kind::socks5;
    }

    /// As a resolver takes it.
    const std::string& host() const noexcept { return host_; }
    std::uint16_t port() const noexcept { return port_; }
    /// `host:port` with what brackets are needed.
    std::string authority() const;
    /// "socks5h://127.0.0.1:1080": what errors call it.
    const std::string& name() const noexcept { return name_; }

    bool has_user() const noexcept { return has_user_; }
    const std::string& user() const noexcept { return user_; }
    const std::string& password() const noexcept { return password_; }
    /// Both as they were written.
    const std::string& user_info() const noexcept { return user_info_; }
    /// The value of a Proxy-Authorization header (RFC 7617); empty without a user.
    std::string basic_credentials() const;

    friend bool operator==(const proxy_server&, const proxy_server&) = default;

  private:
    proxy_kind kind_ = proxy_kind::http;
    bool has_user_ = false;
    std::uint16_t port_ = 0;
    std::string host_;
    std::string name_;
    std::string user_;
    std::string password_;
    std::string user_info_;
};

/// `host:port`, an IPv6 address in brackets.
std::string with_port(std::string_view host, std::uint16_t port);

} // namespace tandem::http::detail
