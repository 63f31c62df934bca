// A process_queue, as one process sees it.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>

#include "pool/robust_lock.hpp"
#include "pool/shared_event.hpp"
#include <tandem/pool/queue_end.hpp>

namespace tandem::detail {

inline constexpr shared_object queue_object{"process_queue", shared_kind::queue};

/// Behind it stand the values, each with its length in front, in a ring.
struct alignas(64) queue_memory {
    shared_head head;
    robust_lock lock;
    std::uint64_t capacity = 0;
    std::uint64_t bytes = 0;
    /// Bytes that have ever been written, and read; they only grow. A value is there when `end` says so.
    std::atomic<std::uint64_t> begin{0};
    std::atomic<std::uint64_t> end{0};
    /// How many values lie between them. Follows them: who dies in between leaves it to the next to count.
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint32_t> closed{0};
    /// What receivers and senders wait for.
    shared_event filled;
    shared_event freed;
};

/// Moves values in and out under the queue's lock, for threads that wait themselves, and for tasks that do
/// not: for those a thread at each end waits, and serves them in their order. It is there while there are
/// such tasks.
class queue_core : public std::enable_shared_from_this<queue_core> {
  public:
    explicit queue_core(region_pointer region);

    static region_pointer make(std::size_t capacity, std::size_t bytes);
    const region_pointer& region() const noexcept { return region_; }
    std::size_t longest() const noexcept;

    queue_outcome try_send(const byte_buffer& item);
    queue_outcome try_receive(byte_buffer& item);
    queue_outcome send(const byte_buffer& item, time_point limit, const std::stop_token& stop);
    queue_outcome receive(byte_buffer& item, time_point limit, const std::stop_token& stop);
    void close() noexcept;
    process_queue_statistics statistics() const noexcept;

    /// For a task of the loop of this thread: true if it is served.
    bool try_serve(queue_wait& task);
    /// Has the task served when that can be. Throws std::system_error where no thread can be started.
    void wait(queue_wait& task);
    /// False where the task has been served.
    bool forget(queue_wait& task) noexcept;

  private:
    /// The tasks that wait at one end of the queue.
    struct end_tasks {
        intrusive_list<queue_wait, queue_wait_tag> waiting;
        bool has_server = false;
    };

    queue_memory& memory() const noexcept { return at_place<queue_memory>(region_, 0); }
    shared_event& event(bool sends) const noexcept { return sends ? memory().freed : memory().filled; }

    /// What the last one who had the lock has not come to do. To be called with the lock held first.
    void enter(const robust_guard& held) noexcept;
    queue_outcome put(const byte_buffer& item) noexcept;
    queue_outcome take(byte_buffer& item);
    queue_outcome attempt(queue_wait& task);
    template <class Attempt>
    queue_outcome wait_for(bool sends, const char* call, time_point limit, const std::stop_token& stop,
                           Attempt act);
    void serve(bool sends);
    bool serve_first(end_tasks& tasks) noexcept;

    void copy_in(std::uint64_t at, const void* from, std::size_t size) noexcept;
    void copy_out(std::uint64_t at, void* to, std::size_t size) const noexcept;

    region_pointer region_;
    std::byte* ring_;
    std::uint64_t capacity_;
    std::uint64_t bytes_;
    std::mutex access_;
    std::condition_variable changed_;
    end_tasks ends_[2];
};

} // namespace tandem::detail
