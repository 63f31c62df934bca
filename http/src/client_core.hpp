// What the tasks of a client share, and keep alive after it.
#pragma once
#include <memory>

#include <tandem/http/client_options.hpp>

#include "connection_pool.hpp"
#include "route.hpp"
#include "tls_settings.hpp"

namespace tandem::http::detail {

class client_core {
  public:
    explicit client_core(const client_options& given)
        : options(given)
        , pool(std::make_shared<connection_pool>(given))
        , usual_route_(make_route(given.settings())) {}

    /// The way that a request with these settings takes.
    std::shared_ptr<const route> route_for(const request_settings& settings) {
        return usual_route_->serves(settings) ? usual_route_ : make_route(settings);
    }

    const client_options options;
    const std::shared_ptr<connection_pool> pool;

  private:
    std::shared_ptr<const route> make_route(const request_settings& settings) {
        auto tls = settings.tls ? *settings.tls : tls_client_options();
        if (!settings.verifies) tls.insecure_accept_any_certificate();
        return std::make_shared<const route>(options, settings, profiles_.of(tls));
    }

    tls_profiles profiles_;
    std::shared_ptr<const route> usual_route_;
};

} // namespace tandem::http::detail
