// The pool's shared memory, as a worker sees it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "pool/shared_page.hpp"
#include <tandem/pool/shared_region.hpp>

namespace tandem::detail {

/// The mapping, and an account of what the worker holds of it: regions that it was granted on request, and
/// those that a job's arguments name. Used by the thread that runs the jobs; regions may end on any.
class worker_arena final : public payload_memory {
  public:
    /// Tells the pool, in order with the answers: a frame of `type` about `place`.
    using tell = std::function<void(frame_type type, std::uint64_t place)>;

    /// Maps what `descriptor` leads to, if `page` says that it is the arena, and closes it.
    worker_arena(shared_page& page, int descriptor, tell to_pool);

    region_pointer allocate(std::size_t size) noexcept override;
    bool can_name(const shared_region& region) const noexcept override;
    region_pointer find(std::uint64_t place, std::size_t size) override;

    /// The bytes at `place`, which the pool has filled. Throws codec_error where there are none.
    const std::byte* at(std::uint64_t place, std::size_t size) const;

    /// What sets the worker up has been decoded: what that has named is the pool's for as long as the worker
    /// lives, and needs no account.
    void setup_ends() noexcept { named_.clear(); }
    /// The job's function has returned: tells the pool which of its arguments the worker goes on using.
    void job_ends() noexcept;
    /// Tells the pool what is not used any more. Returns true if there was something.
    bool return_unused() noexcept;

  private:
    class loan;

    void ends(std::uint64_t place) noexcept;

    shared_page& page_;
    tell tell_;
    std::byte* base_ = nullptr;
    std::size_t size_ = 0;
    /// What the arguments of the job that runs have named.
    std::vector<std::weak_ptr<loan>> named_;
    std::mutex access_;
    std::vector<std::uint64_t> unused_;
};

/// For the decoding of what sets a worker up: it names what the pool keeps, and is given nothing else.
class setup_memory final : public payload_memory {
  public:
    explicit setup_memory(worker_arena& arena) noexcept
        : arena_(arena) {}
    ~setup_memory() { arena_.setup_ends(); }
    region_pointer allocate(std::size_t) noexcept override { return nullptr; }
    bool can_name(const shared_region&) const noexcept override { return false; }
    region_pointer find(std::uint64_t place, std::size_t size) override { return arena_.find(place, size); }

  private:
    worker_arena& arena_;
};

} // namespace tandem::detail
