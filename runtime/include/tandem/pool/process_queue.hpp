// Values from any process to any process, in order.
#pragma once
#include <cstddef>
#include <optional>
#include <stop_token>
#include <utility>

#include <tandem/pool/queue_end.hpp>
#include <tandem/sync/basic_channel.hpp>

namespace tandem {

/// A bounded first-in, first-out queue in memory that this process shares with the workers of its pools: a
/// channel between processes, with any number of senders and receivers on both sides. It travels as a
/// shared_value does, by reference and to the same places:
///
///     void produce(tandem::process_queue<result> out) {            // in a worker, or a thread_pool
///         while (…) out.blocking_send(next());
///     }
///
///     tandem::process_queue<result> results(64);
///     auto job = cpu.submit(produce, results);
///     while (auto found = co_await results.receive()) …            // in a loop, which goes on meanwhile
///
/// Copying it copies a reference. All members may be called by any thread of any process. Values travel by
/// the codec: what can be a job's argument can be sent, but for shared objects (shared_buffers are copied).
/// There is no thread that feeds it, and no buffer but the shared one: what `send` has sent is in the queue,
/// whatever becomes of the sender. A process that dies while it sends loses at most the value that it was
/// about to send, one that dies while it receives at most the one that it was about to have; neither holds up
/// the others. Each value is received once.
///
/// Not fair between processes; tasks of one process have their turn in the order in which they came.
template <class T> class process_queue {
    static_assert(detail::checked_kind<T>() <= detail::codec_kind::aggregate);

  public:
    class [[nodiscard]] send_operation;
    class [[nodiscard]] receive_operation;
    using value_type = T;

    /// Holds at most `capacity` values, and at most so many bytes of their encodings and 8 for each; no value
    /// may take more. Throws std::system_error where there is not so much shared memory.
    explicit process_queue(std::size_t capacity, std::size_t bytes = std::size_t{1} << 20)
        : end_(capacity, bytes) {}

    /// `co_await numbers.send(1)`: puts in a value; waits while there is no room, without keeping its loop,
    /// for which a thread of this process waits. The value is encoded at once: throws codec_error,
    /// std::length_error where it is too long for the queue. The await throws channel_closed where the queue
    /// is closed, or is closed while it waits. Cancellation ends the wait, and then nobody receives the
    /// value.
    send_operation send(const T& value) const { return send_operation(end_, end_.encoded(value)); }
    /// `while (auto item = co_await numbers.receive())`: takes out the next value; waits while there is none.
    /// Empty once the queue is closed and holds none any more. Throws codec_error where the value cannot be
    /// decoded; it is gone then. Cancellation ends the wait; a value that was taken already is delivered.
    receive_operation receive() const { return receive_operation(end_); }

    /// Puts in a value if there is room; else returns false. (It waits for up to 2 ms for others that are
    /// just at it.) Throws as `send` does.
    bool try_send(const T& value) const { return is_sent(end_.try_send(end_.encoded(value))); }
    /// Takes out the next value if there is one. The same holds.
    std::optional<T> try_receive() const {
        byte_buffer item;
        return value_of(end_.try_receive(item), item);
    }

    /// Blocks the calling thread until the value is in, the queue is closed (channel_closed), or `stop` is
    /// requested (job_cancelled). Throws usage_error on a thread that runs a loop; else as `send` does.
    void blocking_send(const T& value, std::stop_token stop = {}) const {
        is_sent(end_.send(end_.encoded(value), time_point::max(), stop));
    }
    /// The same, and throws timed_out after `limit`.
    void blocking_send(const T& value, duration limit, std::stop_token stop = {}) const {
        is_sent(end_.send(end_.encoded(value), detail::queue_limit(limit), stop));
    }
    /// Blocks the calling thread until there is a value, or none will come: it is empty once the queue is
    /// closed and drained. Throws job_cancelled when `stop` is requested, usage_error on a thread that runs a
    /// loop.
    std::optional<T> blocking_receive(std::stop_token stop = {}) const {
        byte_buffer item;
        return value_of(end_.receive(item, time_point::max(), stop), item);
    }
    /// The same, and throws timed_out after `limit`.
    std::optional<T> blocking_receive(duration limit, std::stop_token stop = {}) const {
        byte_buffer item;
        return value_of(end_.receive(item, detail::queue_limit(limit), stop), item);
    }

    /// Takes no more values, from any process. Those it holds can still be received; receivers that wait get
    /// nothing; senders that wait throw channel_closed. The second call does nothing.
    void close() const noexcept { end_.close(); }
    bool is_closed() const noexcept { return statistics().closed; }

    std::size_t size() const noexcept { return statistics().buffered; }
    std::size_t capacity() const noexcept { return statistics().capacity; }
    /// As of now; others may be changing it.
    process_queue_statistics statistics() const noexcept { return end_.statistics(); }

  private:
    friend codec<process_queue>;

    explicit process_queue(detail::queue_end end) noexcept
        : end_(std::move(end)) {}

    static bool is_sent(detail::queue_outcome outcome) {
        if (outcome == detail::queue_outcome::closed) detail::throw_queue_closed();
        return outcome == detail::queue_outcome::done;
    }
    static std::optional<T> value_of(detail::queue_outcome outcome, const byte_buffer& item) {
        if (outcome != detail::queue_outcome::done) return std::nullopt;
        decoder in(item.data(), item.size());
        std::optional<T> value(tandem::decode<T>(in));
        in.finish();
        return value;
    }

    detail::queue_end end_;
};

template <class T>
class process_queue<T>::send_operation final
    : public detail::waiting_operation<typename process_queue<T>::send_operation, detail::queue_wait> {
    using base = detail::waiting_operation<send_operation, detail::queue_wait>;

  public:
    send_operation(const detail::queue_end& to, byte_buffer item) noexcept
        : base(to, std::move(item)) {}
    send_operation(send_operation&&) noexcept = default;
    void await_resume() const { is_sent(this->outcome()); }

  private:
    friend base;
    bool try_now() { return detail::queue_wait::try_now(); }
};

template <class T>
class process_queue<T>::receive_operation final
    : public detail::waiting_operation<typename process_queue<T>::receive_operation, detail::queue_wait> {
    using base = detail::waiting_operation<receive_operation, detail::queue_wait>;

  public:
    explicit receive_operation(const detail::queue_end& from) noexcept
        : base(from) {}
    receive_operation(receive_operation&&) noexcept = default;
    std::optional<T> await_resume() const { return value_of(this->outcome(), this->item()); }

  private:
    friend base;
    bool try_now() { return detail::queue_wait::try_now(); }
};

template <class T> struct codec<process_queue<T>> {
    static void encode(encoder& out, const process_queue<T>& value) { value.end_.encode(out); }
    static process_queue<T> decode(decoder& in) { return process_queue<T>(detail::queue_end::decode(in)); }
};

} // namespace tandem
