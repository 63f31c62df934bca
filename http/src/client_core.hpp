// What the tasks of a client share, and keep alive after it.
#pragma once
#include <memory>

#include <tandem/http/client_options.hpp>

#include "connection_pool.hpp"
#include "tls_settings.hpp"

namespace tandem::http::detail {

class client_core {
  public:
    explicit client_core(const client_options& given)
        : options(given)
        , pool(std::make_shared<connection_pool>(given))
        , tls(given.ca_file()) {}

    const client_options options;
    const std::shared_ptr<connection_pool> pool;
    tls_settings tls;
};

} // namespace tandem::http::detail
