// What a pool and one of its workers both see without a message.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tandem::detail {

enum class slot_state : std::uint64_t { none, queued, taken, cancelled };

/// The state of a job that has been handed to a worker: the pool may cancel it for as long as the worker has
/// not taken it, and each of them learns who was first.
class job_slot {
  public:
    /// Pool: before the job's frame is sent.
    void queue(std::uint64_t job) noexcept { word_.store(pack(job, slot_state::queued)); }
    /// Pool: true if the worker will skip the job.
    bool cancel(std::uint64_t job) noexcept { return change(job, slot_state::cancelled); }
    /// Worker: true if the job may run.
    bool take(std::uint64_t job) noexcept { return change(job, slot_state::taken); }

  private:
    static constexpr std::uint64_t pack(std::uint64_t job, slot_state state) noexcept {
        return job << 2 | static_cast<std::uint64_t>(state);
    }
    bool change(std::uint64_t job, slot_state to) noexcept {
        std::uint64_t expected = pack(job, slot_state::queued);
        return word_.compare_exchange_strong(expected, pack(job, to));
    }

    std::atomic<std::uint64_t> word_{0};
    static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

/// One page, zeroed by the kernel: every slot starts empty.
struct shared_page {
    static constexpr std::size_t slots = 64;
    job_slot jobs[slots];
};

} // namespace tandem::detail
