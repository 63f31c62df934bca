// A process_mutex, as one process sees it.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "pool/robust_lock.hpp"
#include <tandem/pool/process_mutex.hpp>
#include <tandem/pool/shared_object.hpp>

namespace tandem::detail {

inline constexpr shared_object mutex_object{"process_mutex", shared_kind::mutex};

struct mutex_memory {
    shared_head head;
    robust_lock lock;
    /// The process that has it; 0 where nobody does, or not quite yet, or not quite any more.
    std::atomic<int> holder{0};
};

/// Locks it for threads that wait themselves, and for tasks that do not: for those a thread, the keeper,
/// waits, has the lock on behalf of the first of them, and gives it back when that is done. It is there while
/// there are such tasks.
class mutex_core : public std::enable_shared_from_this<mutex_core> {
  public:
    using operation = process_mutex::lock_operation;

    explicit mutex_core(region_pointer region) noexcept
        : region_(std::move(region)) {}

    /// Makes one in fresh memory. Throws std::system_error.
    static region_pointer make();
    const region_pointer& region() const noexcept { return region_; }

    /// Whom the lock was inherited from, 0 for nobody; empty where another has it.
    std::optional<int> try_lock() noexcept;
    /// The same; gives up at `limit`. Throws usage_error where this thread has it.
    std::optional<int> lock_until(time_point limit);
    /// Waits for the keeper where that has locked it: only the thread that locked it can unlock it.
    void unlock(bool by_keeper) noexcept;

    /// For a task of the loop of this thread: true if it has the lock now, and is none of those who wait.
    bool try_lock_for(operation& wants) noexcept;
    /// Has the keeper lock it for the task. Throws std::system_error where no thread can be started.
    void wait(operation& wants);
    /// False where the task is about to have it.
    bool forget(operation& wants) noexcept;

  private:
    mutex_memory& memory() const noexcept { return at_place<mutex_memory>(region_, 0); }
    std::optional<int> note(robust_lock::outcome how) noexcept;
    void keep();

    region_pointer region_;
    std::mutex access_;
    std::condition_variable changed_;
    intrusive_list<operation, mutex_wait_tag> waiting_;
    bool has_keeper_ = false;
    /// How often a task was done with what the keeper had locked for it; ahead by one until that is unlocked.
    std::uint64_t released_ = 0;
    std::uint64_t given_back_ = 0;
};

} // namespace tandem::detail
