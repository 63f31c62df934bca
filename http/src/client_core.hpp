// What the tasks of a client share, and keep alive after it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <tandem/http/client_options.hpp>

#include "auth/authenticator.hpp"
#include "connection_pool.hpp"
#include "kernel_pipe.hpp"
#include "proxy/proxy_logins.hpp"
#include "proxy/proxy_settings.hpp"
#include "retry/retry_budget.hpp"
#include "route.hpp"
#include "tls_settings.hpp"

namespace tandem::http::detail {

class client_core {
  public:
    explicit client_core(const client_options& given)
        : options(given)
        , pool(std::make_shared<connection_pool>(given))
        , usual_route_(make_route(given.settings(), nullptr)) {
        for (const auto& each : given.credentials())
            authenticators_[each.origin] = each.user ? make_authenticator(*each.user, origin_auth)
                                                     : make_authenticator(*each.token, origin_auth);
    }

    /// The way that a request with these settings takes to `target`. Throws std::invalid_argument where the
    /// environment names a proxy that is none.
    std::shared_ptr<const route> route_for(const request_settings& settings, const url& target) {
        const auto via = proxy_for(settings, target);
        auto& usual = via ? usual_proxied_ : usual_route_;
        if (usual && usual->serves(settings, via)) return usual;
        auto made = make_route(settings, via);
        if (via) usual = made;
        return made;
    }

    /// Who speaks for the client at an origin; null for nobody.
    std::shared_ptr<authenticator> authenticator_for(std::string_view origin) const {
        const auto found = authenticators_.find(origin);
        return found == authenticators_.end() ? nullptr : found->second;
    }

    const client_options options;
    const std::shared_ptr<connection_pool> pool;
    retry_budgets budgets;
    /// For bodies that go to files.
    kernel_pipe pipe;
    std::uint64_t requests_begun = 0;

  private:
    std::map<std::string, std::shared_ptr<authenticator>, std::less<>> authenticators_;

    std::shared_ptr<const proxy_server> proxy_for(const request_settings& settings, const url& target) const {
        if (!settings.unix_socket.empty()) return nullptr;
        if (settings.proxying) return settings.proxying->choose(target, environment_);
        return environment_.proxy_for(target);
    }

    std::shared_ptr<const route> make_route(const request_settings& settings,
                                            const std::shared_ptr<const proxy_server>& via) {
        auto tls = settings.tls ? *settings.tls : tls_client_options();
        std::shared_ptr<tls_profile> for_proxy;
        if (via && via->kind() == proxy_kind::https)
            for_proxy = profiles_.of(tls_client_options().ca_file(tls.ca_file()).ca_pem(tls.ca_pem()));
        if (!settings.verifies) tls.insecure_accept_any_certificate();
        return std::make_shared<const route>(options, settings, profiles_.of(tls), via, for_proxy,
                                             login_at(via.get(), settings.proxying.get()));
    }

    /// Who speaks for the client to a proxy; null where nobody does, or a header.
    std::shared_ptr<authenticator> login_at(const proxy_server* via, const proxy_settings* proxying) {
        if (!via || via->is_socks() || !proxying || !proxying->login) return nullptr;
        if (proxying->fields.contains(proxy_auth.credentials)) return nullptr;
        return proxy_logins_.at(*via, *proxying->login);
    }

    tls_profiles profiles_;
    proxy_logins proxy_logins_;
    const proxy_environment environment_;
    std::shared_ptr<const route> usual_route_;
    /// The last one through a proxy.
    std::shared_ptr<const route> usual_proxied_;
};

} // namespace tandem::http::detail
