// The least that a pool can be asked to do.
#pragma once
#include <tandem/pool/process_pool.hpp>

#include "pool/processors.hpp"

namespace bench {

inline int no_op(int value) {
    return value;
}

/// A pool of one worker that waits on its processor, and the caller on another or the same.
class placed_pool {
  public:
    explicit placed_pool(placement where, const tandem::process_pool_options& how = {})
        : where_(where)
        , here_(where.ours)
        , pool_(tandem::process_pool_options(how).workers(1)) {}

    /// Starts the worker. To be awaited first.
    tandem::task<> start() {
        co_await pool_.run(no_op, 0);
        for (const int pid : pool_.workers())
            pin_process(pid, where_.theirs);
    }
    tandem::process_pool& operator*() noexcept { return pool_; }
    tandem::process_pool* operator->() noexcept { return &pool_; }

  private:
    placement where_;
    pinned here_;
    tandem::process_pool pool_;
};

} // namespace bench
