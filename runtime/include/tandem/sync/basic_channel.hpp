// What channel, priority_queue and lifo_queue have in common: all but the order of what they hold.
#pragma once
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <tandem/sync/wait_queue.hpp>

namespace tandem {

/// A value was sent into a channel that takes no more.
class TANDEM_API channel_closed : public std::runtime_error {
  public:
    explicit channel_closed(const std::string& what = "send on a closed channel");
    ~channel_closed() override;
};

struct channel_statistics {
    std::size_t capacity;          ///< how many values it holds at most
    std::size_t buffered;          ///< how many it holds now
    std::size_t senders_waiting;   ///< tasks in `send`
    std::size_t receivers_waiting; ///< tasks in `receive`
    bool closed;
};

namespace detail {

/// A bounded store between tasks that send and tasks that receive. `Store` decides which value is next; it
/// has `size()`, `empty()`, `push(T&&)` and `pop()`, and after a `pop` one `push` cannot fail.
///
/// Two things always hold: a receiver waits only while there is no value, neither in the store nor with a
/// sender, and a sender waits only while the store is full. So nobody who comes can overtake one who waits.
template <class T, class Store> class basic_channel {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "what goes through a channel moves without throwing; else send a std::unique_ptr to it");

    class sender;

  public:
    class [[nodiscard]] send_operation;
    class [[nodiscard]] send_from_operation;
    class [[nodiscard]] receive_operation;
    using value_type = T;

    /// Holds at most `capacity` values; its memory grows with what it holds. With a capacity of 0 a `send`
    /// ends when a receiver has the value.
    explicit basic_channel(std::size_t capacity) noexcept
        : capacity_(capacity) {}

    /// `co_await numbers.send(1)`: puts in a value; waits while there is no room. Throws channel_closed where
    /// the channel is closed, or is closed while it waits. Cancellation ends the wait, and then nobody
    /// receives the value.
    send_operation send(T value) noexcept { return send_operation(*this, std::move(value)); }

    /// The same, but moves from `value` only once it is delivered: after channel_closed or cancellation it is
    /// still there. `value` must outlive the operation.
    send_from_operation send_from(T& value) noexcept { return send_from_operation(*this, value); }

    /// Puts in a value if there is room, or a receiver waits; else returns false and leaves `value` as it is.
    /// Throws channel_closed where the channel is closed.
    bool try_send(T&& value) {
        if (closed_) throw channel_closed();
        return put(value);
    }
    bool try_send(const T& value) requires std::is_copy_constructible_v<T> { return try_send(T(value)); }

    /// `while (auto item = co_await numbers.receive())`: takes out the next value; waits while there is none.
    /// Empty once the channel is closed and holds none any more. Cancellation ends the wait; a value that was
    /// given already is delivered.
    receive_operation receive() noexcept { return receive_operation(*this); }

    /// Takes out the next value if there is one.
    std::optional<T> try_receive() noexcept {
        std::optional<T> value;
        take(value);
        return value;
    }

    /// Takes no more values. Those it holds can still be received; receivers that wait get nothing; senders
    /// that wait throw channel_closed: their values have not been accepted. The second call does nothing.
    void close() noexcept {
        closed_ = true;
        while (!senders_.empty()) {
            sender& refused = senders_.pop_front();
            refused.is_refused_ = true;
            refused.commit();
        }
        while (!receivers_.empty())
            receivers_.pop_front().commit();
    }
    bool is_closed() const noexcept { return closed_; }

    std::size_t size() const noexcept { return store_.size(); }
    std::size_t capacity() const noexcept { return capacity_; }
    channel_statistics statistics() const noexcept {
        return {capacity_, store_.size(), senders_.size(), receivers_.size(), closed_};
    }

  private:
    bool put(T& value) {
        if (!receivers_.empty()) {
            receive_operation& receiver = receivers_.pop_front();
            receiver.value_.emplace(std::move(value));
            receiver.commit();
            return true;
        }
        if (store_.size() >= capacity_) return false;
        store_.push(std::move(value));
        return true;
    }
    bool take(std::optional<T>& value) noexcept {
        if (!store_.empty()) {
            value.emplace(store_.pop());
            if (!senders_.empty()) store_.push(delivered_by_first_sender());
            return true;
        }
        if (senders_.empty()) return false;
        value.emplace(delivered_by_first_sender());
        return true;
    }
    /// The value stays in the sender's frame until the sender runs, later than whoever asks here.
    T&& delivered_by_first_sender() noexcept {
        sender& first = senders_.pop_front();
        first.commit();
        return std::move(*first.value_);
    }

    std::size_t capacity_;
    bool closed_ = false;
    Store store_;
    wait_queue<sender, sender> senders_;
    wait_queue<receive_operation, receive_operation> receivers_;
};

/// What both forms of `send` are in the queue.
template <class T, class Store> class basic_channel<T, Store>::sender : public queued_waiter<sender> {
  protected:
    friend basic_channel;
    explicit sender(basic_channel& to) noexcept
        : to_(to) {}
    sender(sender&& other) noexcept
        : queued_waiter<sender>(std::move(other))
        , to_(other.to_) {}
    ~sender() = default;

    bool send_now(T& value) {
        value_ = &value;
        is_refused_ = to_.closed_;
        return is_refused_ || to_.put(value);
    }
    void wait_for_room() noexcept { to_.senders_.push_back(*this); }
    void throw_if_not_sent() const {
        this->throw_if_cancelled();
        if (is_refused_) throw channel_closed();
    }

    basic_channel& to_;
    T* value_ = nullptr;
    bool is_refused_ = false;
};

template <class T, class Store>
class basic_channel<T, Store>::send_operation final
    : public waiting_operation<typename basic_channel<T, Store>::send_operation,
                               typename basic_channel<T, Store>::sender> {
    using base = waiting_operation<send_operation, sender>;

  public:
    send_operation(basic_channel& to, T&& value) noexcept
        : base(to)
        , own_(std::move(value)) {}
    send_operation(send_operation&&) noexcept = default;
    void await_resume() const { this->throw_if_not_sent(); }

  private:
    friend base;
    bool try_now() { return this->send_now(own_); }
    void enqueue() noexcept { this->wait_for_room(); }

    T own_;
};

template <class T, class Store>
class basic_channel<T, Store>::send_from_operation final
    : public waiting_operation<typename basic_channel<T, Store>::send_from_operation,
                               typename basic_channel<T, Store>::sender> {
    using base = waiting_operation<send_from_operation, sender>;

  public:
    send_from_operation(basic_channel& to, T& value) noexcept
        : base(to)
        , from_(value) {}
    send_from_operation(send_from_operation&&) noexcept = default;
    void await_resume() const { this->throw_if_not_sent(); }

  private:
    friend base;
    bool try_now() { return this->send_now(from_); }
    void enqueue() noexcept { this->wait_for_room(); }

    T& from_;
};

template <class T, class Store>
class basic_channel<T, Store>::receive_operation final
    : public waiting_operation<typename basic_channel<T, Store>::receive_operation,
                               queued_waiter<typename basic_channel<T, Store>::receive_operation>> {
    using base = waiting_operation<receive_operation, queued_waiter<receive_operation>>;

  public:
    explicit receive_operation(basic_channel& from) noexcept
        : from_(from) {}
    receive_operation(receive_operation&& other) noexcept
        : base(std::move(other))
        , from_(other.from_) {}
    std::optional<T> await_resume() {
        this->throw_if_cancelled();
        return std::move(value_);
    }

  private:
    friend base;
    friend basic_channel;
    bool try_now() noexcept { return from_.take(value_) || from_.closed_; }
    void enqueue() noexcept { from_.receivers_.push_back(*this); }

    basic_channel& from_;
    std::optional<T> value_;
};

} // namespace detail

} // namespace tandem
