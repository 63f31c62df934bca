// Proxies for tests: scripts for a scripted_server, in which every name leads to 127.0.0.1.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "support/scripted_server.hpp"

namespace test {

/// An HTTP proxy: makes the tunnel that CONNECT asks for, once `asked` has found nothing to say to the
/// request in its place, and answers any other request with its target.
scripted_server::script http_proxy(std::function<std::string(const std::string& request)> asked = {});

/// "http://127.0.0.1:PORT", with `login` before the host.
std::string proxy_at(const scripted_server& proxy, const std::string& login = "");

/// What a SOCKS server wants and does.
struct socks_rules {
    /// The user name and password that it wants, "user:password"; empty for none.
    std::string login;
    /// The reply code it answers each request with, in place of a connection.
    int refusal = 0;
    /// The kind of address in a SOCKS5 reply: 1, 3 (a name) or 4.
    char bound_kind = 1;
};

/// A SOCKS server of all versions.
class socks_server {
  public:
    explicit socks_server(socks_rules rules = {});

    std::uint16_t port() const noexcept { return server_.port(); }
    /// "SCHEME://127.0.0.1:PORT", with `login` before the host.
    std::string url(const std::string& scheme, const std::string& login = "") const;
    int connections() const noexcept { return server_.connections(); }

    /// What each client has asked for: "5 name site.example:80 user:password", "4 address 127.0.0.1:80 user".
    std::vector<std::string> asked() const;

  private:
    void talk_to(conversation& guest);
    void talk_socks4(conversation& guest);
    void talk_socks5(conversation& guest);
    bool log_in(conversation& guest, std::string& login);
    void note(std::string what);

    const socks_rules rules_;
    mutable std::mutex access_;
    std::vector<std::string> asked_;
    scripted_server server_;
};

} // namespace test
