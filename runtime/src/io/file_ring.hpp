// The io_uring of a loop, and an operation that it carries out.
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>
#include <liburing.h>

#include <cstdint>
#include <memory>
#include <string>

#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/waiter.hpp>

#include "io/file_request.hpp"

namespace tandem::detail {

struct ring_queue_tag;
class file_ring;

/// A file request's stay with the ring, in the frame of the coroutine that waits for it. Its value is the
/// call's result, or the error's number, negative.
///
///     queued ──> submitted ──> completed: delivered, also where the scope is cancelled meanwhile
///        │            └─────> told to stop, and waited for: the buffer is the kernel's until it has ended
///        └──────────────────> withdrawn: the kernel never hears of it
class ring_operation final : public waiting_operation<ring_operation>, public list_hook<ring_queue_tag> {
  public:
    ring_operation(file_ring& ring, const file_request& request) noexcept
        : ring_(ring)
        , request_(request) {}
    std::int64_t await_resume() const;

  private:
    friend waiting_operation;
    friend file_ring;
    void enqueue();
    bool withdraw() noexcept final;
    void prepare(io_uring_sqe& entry) const noexcept;
    void complete(int result) noexcept;

    file_ring& ring_;
    const file_request& request_;
    external_wait in_flight_;
    std::int64_t result_ = 0;
    bool is_stopped_ = false;
};

/// Belongs to a loop's thread. What a turn of the loop asks for is submitted at once when the loop looks at
/// I/O; an eventfd in the loop's io_context tells of completions.
class file_ring {
  public:
    /// Null where the kernel refuses; `why` then says what.
    static std::unique_ptr<file_ring> make(boost::asio::io_context& io, std::string& why);
    file_ring(const file_ring&) = delete;
    file_ring& operator=(const file_ring&) = delete;
    ~file_ring();

  private:
    friend ring_operation;
    explicit file_ring(boost::asio::io_context& io);
    bool set_up(std::string& why);
    bool knows_all_calls();
    int try_out();
    void push(ring_operation& operation);
    /// True if the operation had not been submitted, and now never will.
    bool remove(ring_operation& operation) noexcept;
    void submit_soon();
    void flush();
    void submit();
    void reap();
    void listen();

    boost::asio::io_context& io_;
    /// The eventfd.
    boost::asio::posix::stream_descriptor bell_;
    io_uring ring_{};
    bool has_ring_ = false;
    /// What has not been submitted.
    intrusive_list<ring_operation, ring_queue_tag> waiting_;
    /// Submitted and not completed, requests to stop included: never more than there is room for completions.
    unsigned in_flight_ = 0;
    /// Those of them that ask another one to stop.
    unsigned stops_in_flight_ = 0;
    unsigned limit_ = 0;
    bool is_flush_due_ = false;
    bool is_listening_ = false;
};

} // namespace tandem::detail
