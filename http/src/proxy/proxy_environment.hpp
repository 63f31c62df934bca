// The proxies that the environment names.
#pragma once
#include <memory>
#include <string>

#include <tandem/http/url.hpp>

#include "proxy/no_proxy_list.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// What the variables said when it was made: `http_proxy` for http targets, `https_proxy` for https, and
/// `all_proxy` for those without one, but for the hosts of `no_proxy`. Lower case goes before upper case;
/// HTTP_PROXY is not looked at, since a web server sets it to what a request's Proxy header says ("httpoxy").
/// A set-user-id program sees none of them.
class proxy_environment {
  public:
    /// That of the process, now.
    proxy_environment();

    /// The proxy for `target`, or null for none. This machine itself ("localhost" and what is below it, a
    /// loopback address) is never reached through one. Throws std::invalid_argument, which names the
    /// variable, where that is no proxy.
    const std::shared_ptr<const proxy_server>& proxy_for(const url& target) const;

  private:
    struct variable {
        std::shared_ptr<const proxy_server> proxy;
        /// What is wrong with it.
        std::string trouble;
    };
    static variable read(const char* lower, const char* upper);

    variable http_;
    variable https_;
    no_proxy_list exceptions_;
};

} // namespace tandem::http::detail
