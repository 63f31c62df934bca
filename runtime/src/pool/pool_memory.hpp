// What a pool may use of this process' shared memory.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>

#include "pool/arena.hpp"

namespace tandem::detail {

/// For what is encoded into calls, and granted to workers for their answers.
class pool_memory final : public payload_memory {
  public:
    /// At most `limit` bytes at a time; 0: none, and workers do not see the arena.
    explicit pool_memory(std::size_t limit) noexcept
        : limit_(limit) {}

    region_pointer allocate(std::size_t size) noexcept override {
        // The arena rounds up; that much beyond the limit does not matter.
        if (size > limit_ || *used_ > limit_ - size) return nullptr;
        return arena::own().allocate(size, used_);
    }
    bool can_name(const shared_region& region) const noexcept override {
        return limit_ != 0 && arena::is_its(region);
    }
    region_pointer find(std::uint64_t, std::size_t) override { return nullptr; }

    bool is_there() const noexcept { return limit_ != 0 && arena::own().is_there(); }
    std::size_t used() const noexcept { return *used_; }

  private:
    std::size_t limit_;
    /// Calls that were never run may outlive the pool.
    std::shared_ptr<std::atomic<std::size_t>> used_ = std::make_shared<std::atomic<std::size_t>>(0);
};

} // namespace tandem::detail
