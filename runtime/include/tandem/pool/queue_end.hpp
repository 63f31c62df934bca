// How values get into a process_queue, and out of it.
#pragma once
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <tandem/base/clock.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/pool/codec.hpp>
#include <tandem/pool/shared_object.hpp>

namespace tandem {

struct process_queue_statistics {
    std::size_t capacity; ///< how many values it holds at most
    std::size_t buffered; ///< how many it holds now
    std::size_t bytes;    ///< how many bytes their encodings may take, with 8 for each
    std::size_t used;     ///< how many they take now
    bool closed;
};

namespace detail {

class queue_core;
struct queue_wait_tag;

enum class queue_outcome {
    done,
    closed, ///< and, for who receives, empty
    wait,   ///< full or empty
};

/// The queue of encoded values behind a process_queue.
class TANDEM_API queue_end {
  public:
    queue_end(std::size_t capacity, std::size_t bytes);
    explicit queue_end(region_pointer region);
    static queue_end decode(decoder& in);
    void encode(encoder& out) const;

    /// The encoding of a value. Throws codec_error where there is something in it that only a job can carry,
    /// std::length_error where it is too long for the queue.
    template <class T> byte_buffer encoded(const T& value) const {
        unkept_memory nobody;
        const payload_scope copying(&nobody);
        encoder out;
        tandem::encode(out, value);
        check_length(out.size());
        return out.release();
    }

    /// They return `wait` where there is no room or no value.
    queue_outcome try_send(const byte_buffer& item) const;
    queue_outcome try_receive(byte_buffer& item) const;
    /// They never return `wait`. Throw timed_out, job_cancelled, usage_error.
    queue_outcome send(const byte_buffer& item, time_point limit, const std::stop_token& stop) const;
    queue_outcome receive(byte_buffer& item, time_point limit, const std::stop_token& stop) const;
    void close() const noexcept;
    process_queue_statistics statistics() const noexcept;

  private:
    friend class queue_wait;
    void check_length(std::size_t size) const;

    std::shared_ptr<queue_core> core_;
};

/// A task's stay at one end of the queue.
class TANDEM_API queue_wait : public waiter, public list_hook<queue_wait_tag> {
  protected:
    /// Sends `item`.
    queue_wait(const queue_end& to, byte_buffer item) noexcept
        : queue_(to.core_)
        , sends_(true)
        , item_(std::move(item)) {}
    /// Receives.
    explicit queue_wait(const queue_end& from) noexcept
        : queue_(from.core_)
        , sends_(false) {}
    queue_wait(queue_wait&& other) noexcept
        : waiter(std::move(other))
        , queue_(std::move(other.queue_))
        , sends_(other.sends_)
        , item_(std::move(other.item_)) {}
    ~queue_wait() = default;

    bool try_now();
    void enqueue();
    bool withdraw() noexcept override;
    /// How it ended. Throws what the attempt threw, and `cancelled`.
    queue_outcome outcome() const;
    const byte_buffer& item() const noexcept { return item_; }

  private:
    friend queue_core;

    std::shared_ptr<queue_core> queue_;
    bool sends_;
    byte_buffer item_;
    queue_outcome outcome_ = queue_outcome::wait;
    std::exception_ptr error_;
    std::optional<loop_handle> home_;
    external_wait in_flight_;
};

/// When a wait that may take so long is over.
TANDEM_API time_point queue_limit(duration limit) noexcept;
[[noreturn]] TANDEM_API void throw_queue_closed();

} // namespace detail

} // namespace tandem
