// Where the workers of a pool come from.
#pragma once
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "pool/spawn.hpp"
#include "pool/worker_places.hpp"
#include "pool/zygote_link.hpp"
#include <tandem/pool/process_pool_options.hpp>

namespace tandem::detail {

/// Spawns them, or has them forked from a zygote where there is something to preload; that one is started
/// with the first worker, and again with the next one after it has died.
class worker_source final : private zygote_owner {
  public:
    /// Is told why there will be no workers any more.
    using pool_breaker = std::function<void(const std::string& why, std::exception_ptr cause)>;

    worker_source(const process_pool_options& options, pool_breaker breaks)
        : options_(options)
        , breaks_(std::move(breaks)) {}

    /// Starts another worker, as the options say. Throws std::system_error.
    spawned_worker start(boost::asio::io_context& io);
    /// Ends the zygote and waits for it. The workers must have ended or been killed.
    void end() noexcept;

  private:
    void zygote_ready() override { failed_zygotes_ = 0; }
    void zygote_unfit(std::exception_ptr cause) override;
    void zygote_late(int pid) override;
    void zygote_died(bool ready, bool begun, const worker_exit& how) override;

    spawned_worker spawn(bool is_zygote, unsigned place);

    const process_pool_options& options_;
    pool_breaker breaks_;
    worker_places places_;
    /// Written when the first worker starts.
    unique_fd setup_;
    std::shared_ptr<zygote_link> zygote_;
    /// In a row that ended before they were ready.
    int failed_zygotes_ = 0;
};

} // namespace tandem::detail
