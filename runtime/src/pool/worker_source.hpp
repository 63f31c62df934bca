// Where the workers of a pool come from.
#pragma once
#include "pool/spawn.hpp"
#include "pool/worker_places.hpp"
#include <tandem/pool/process_pool_options.hpp>

namespace tandem::detail {

class worker_source {
  public:
    explicit worker_source(const process_pool_options& options)
        : options_(options) {}

    /// Starts another worker, as the options say. Throws std::system_error.
    spawned_worker start();

  private:
    const process_pool_options& options_;
    worker_places places_;
    /// Written when the first worker starts.
    unique_fd setup_;
};

} // namespace tandem::detail
