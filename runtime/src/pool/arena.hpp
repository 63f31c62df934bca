// The shared memory of this process: large payloads on their way to its workers and back, and shared_buffers.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "io/unique_fd.hpp"
#include <tandem/base/clock.hpp>
#include <tandem/pool/shared_region.hpp>

namespace tandem::detail {

/// One file in memory, mapped as a whole here and in each worker. Regions are handed out from its beginning:
/// pages that have been used before are used again, since fresh ones cost ten times what a copy does. Who has
/// what is known in this process alone, so that no worker can harm it. Thread safe.
class arena {
  public:
    /// Made when it is first asked for, and never destroyed.
    static arena& own();
    /// In a process that was forked, while it has one thread: the arena is its parent's from here on. What
    /// is in there stays, shared with that and with its other children.
    static void forked() noexcept;

    /// False where the system gave none: then there are no regions.
    bool is_there() const noexcept { return base_ != nullptr; }
    /// For the workers to map.
    int descriptor() const noexcept { return file_.get(); }
    std::size_t size() const noexcept { return size_; }

    /// Null if there is no room. `counter`, where given, has the region's size added to it while it lives.
    region_pointer allocate(std::size_t size,
                            std::shared_ptr<std::atomic<std::size_t>> counter = nullptr) noexcept;
    static bool is_its(const shared_region& region) noexcept;

    std::size_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }
    /// Bytes that have been used and not been given back to the system.
    std::size_t kept() const noexcept { return kept_.load(std::memory_order_relaxed); }
    /// Gives free memory back to the system if nothing has been taken from it for so long. Returns false if
    /// it is too early for that.
    bool trim(duration unused_for) noexcept;

  private:
    class region;

    arena() noexcept;
    void release(std::uint64_t place, std::size_t size) noexcept;

    unique_fd file_;
    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
    std::mutex access_;
    /// Free stretches: where they begin, and how long they are.
    std::map<std::uint64_t, std::size_t> free_;
    /// Nothing behind it has been used.
    std::uint64_t used_up_to_ = 0;
    time_point last_use_{};
    std::atomic<std::size_t> in_use_ = 0;
    std::atomic<std::size_t> kept_ = 0;
};

} // namespace tandem::detail
