// What a pool and one of its workers both see without a message.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "pool/frame_ring.hpp"
#include "pool/output_page.hpp"

namespace tandem::detail {

enum class slot_state : std::uint64_t {
    done, ///< answered; also that of a slot that was never used
    queued,
    taken,
    cancelled,
};

/// The state of a job that has been handed to a worker: the pool may cancel it for as long as the worker has
/// not taken it, and each of them learns who was first.
class job_slot {
  public:
    /// Pool: before the job's frame is sent.
    void queue(std::uint64_t job) noexcept { word_.store(pack(job, slot_state::queued)); }
    /// Pool: true if the worker will skip the job.
    bool cancel(std::uint64_t job) noexcept { return change(job, slot_state::cancelled); }
    /// Pool: true if the worker has not taken the job yet.
    bool is_queued(std::uint64_t job) const noexcept { return word_.load() == pack(job, slot_state::queued); }
    /// Pool: true if the worker has answered the job.
    bool is_done(std::uint64_t job) const noexcept { return word_.load() == pack(job, slot_state::done); }
    /// Worker: true if the job may run.
    bool take(std::uint64_t job) noexcept { return change(job, slot_state::taken); }
    /// Worker: after its answer is where the pool finds it, whatever becomes of the worker. The pool may have
    /// seen that, and given the slot to another job.
    void finish(std::uint64_t job) noexcept { change(job, slot_state::done, slot_state::taken); }

  private:
    static constexpr std::uint64_t pack(std::uint64_t job, slot_state state) noexcept {
        return job << 2 | static_cast<std::uint64_t>(state);
    }
    bool change(std::uint64_t job, slot_state to, slot_state from = slot_state::queued) noexcept {
        std::uint64_t expected = pack(job, from);
        return word_.compare_exchange_strong(expected, pack(job, to));
    }

    std::atomic<std::uint64_t> word_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

/// The pool's answer to a worker that wants memory for its result.
struct memory_grant {
    /// 1 while the worker waits for it: a futex.
    std::atomic<std::uint32_t> asleep{0};
    std::atomic<std::uint64_t> place{0};
    /// 0: there is none to have.
    std::atomic<std::uint64_t> size{0};
};

/// Zeroed by the kernel: every slot starts empty, and so do the rings.
struct shared_page {
    static constexpr std::size_t slots = 64;
    job_slot jobs[slots];
    /// Not 0: the worker is to exit when it has nothing to do.
    std::atomic<std::uint32_t> leaving{0};
    /// How long the worker looks for the next job before it sleeps, in nanoseconds.
    std::atomic<std::int64_t> spin{0};
    /// Of the arena that came with the page; 0 where none did. Set before the worker starts.
    std::uint64_t arena_size = 0;
    /// Not 0: the worker has mapped it.
    std::atomic<std::uint32_t> maps_arena{0};
    memory_grant grant;
    ring_memory calls;
    ring_memory answers;
    alignas(64) output_page output;
};

} // namespace tandem::detail
