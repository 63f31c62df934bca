// Who a client is to its proxies.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include <tandem/http/login.hpp>

#include "auth/authenticator.hpp"
#include "proxy/proxy_server.hpp"

namespace tandem::http::detail {

/// Has one authenticator for each login at each proxy, so that what a proxy was asked once need not be asked
/// for every request. They live as long as a route does that takes them.
class proxy_logins {
  public:
    std::shared_ptr<authenticator> at(const proxy_server& proxy, const login& who) {
        std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
        auto& known = known_[key(proxy.name(), who.user(), who.password(), who.method())];
        auto speaker = known.lock();
        if (!speaker) known = speaker = make_authenticator(who, proxy_auth);
        return speaker;
    }

  private:
    using key = std::tuple<std::string, std::string, std::string, login_method>;
    std::map<key, std::weak_ptr<authenticator>> known_;
};

} // namespace tandem::http::detail
