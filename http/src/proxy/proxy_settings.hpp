// Which proxies a client's requests take.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <tandem/http/headers.hpp>
#include <tandem/http/login.hpp>
#include <tandem/http/url.hpp>

#include "proxy/no_proxy_list.hpp"
#include "proxy/proxy_environment.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// What `proxy`, `no_proxy` and their like have set. Shared by copies of the settings, and never changed
/// then.
class proxy_settings {
  public:
    /// The proxy for `target`, or null for none. Throws std::invalid_argument as proxy_environment.
    const std::shared_ptr<const proxy_server>& choose(const url& target,
                                                      const proxy_environment& around) const {
        static const std::shared_ptr<const proxy_server> none;
        if (exceptions.covers(target.host(), target.port())) return none;
        if (is_given || !uses_environment) return given;
        return around.proxy_for(target);
    }

    /// The one that was asked for; null where that was none.
    std::shared_ptr<const proxy_server> given;
    bool is_given = false;
    /// A SOCKS proxy that leads to it; null for none.
    std::shared_ptr<const proxy_server> before;
    bool uses_environment = true;
    /// Whether http targets are reached by CONNECT, as https ones are.
    bool tunnels_all = false;
    no_proxy_list exceptions;
    /// As it was written.
    std::string exceptions_text;
    /// For an HTTP proxy only.
    headers fields;
    std::optional<http::login> login;
};

} // namespace tandem::http::detail
