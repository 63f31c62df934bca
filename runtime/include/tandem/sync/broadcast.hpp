// One value to every subscriber.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include <tandem/base/error.hpp>
#include <tandem/sync/ring.hpp>
#include <tandem/sync/wait_queue.hpp>

namespace tandem {

/// A subscriber was so slow that values it had not received made room for newer ones.
class TANDEM_API lagged : public std::runtime_error {
  public:
    explicit lagged(std::uint64_t missed);
    ~lagged() override;
    /// How many values it has missed.
    std::uint64_t missed() const noexcept { return missed_; }

  private:
    std::uint64_t missed_;
};

struct broadcast_statistics {
    std::size_t capacity;      ///< how many of the latest values are kept
    std::size_t buffered;      ///< how many are kept now
    std::size_t subscribers;   ///< subscriptions that live
    std::size_t tasks_waiting; ///< tasks in `receive`
    std::uint64_t published;   ///< values published so far
    bool closed;
};

/// Each subscriber receives every value published from its subscription on, in order.
///
/// `publish` never waits: the latest `capacity` values are kept once for all subscribers, and one that falls
/// behind by more is told how many it missed (`lagged`) and goes on with the oldest kept. Back-pressure would
/// let the slowest subscriber, one stalled client among thousands, stop the publisher and everybody else, and
/// its task would not even know; a publisher that must not lose a value has a channel for each receiver. (So
/// decided in tokio's broadcast, too.)
///
/// A value stays where it is until its subscriber takes it, so that a cancelled `receive` loses nothing.
/// Belongs to its loop's thread; must outlive its subscriptions.
template <class T> class broadcast {
  public:
    class subscription;
    class [[nodiscard]] receive_operation;

    /// Throws usage_error where `capacity` is 0.
    explicit broadcast(std::size_t capacity)
        : capacity_(capacity) {
        if (capacity == 0) throw usage_error("broadcast: it keeps at least one value");
    }

    /// Gives `value` to all that are subscribed now. Throws usage_error once it is closed.
    void publish(T value) {
        if (closed_) throw usage_error("broadcast: publish after close");
        if (subscribers_ > 0) {
            if (kept_.size() == capacity_) kept_.pop();
            kept_.push(std::move(value));
        }
        ++published_;
        wake_all();
    }

    /// From now on nothing is published. Subscribers still receive what is kept, then nothing.
    void close() noexcept {
        closed_ = true;
        wake_all();
    }
    bool is_closed() const noexcept { return closed_; }

    /// A view on all that is published from now on.
    [[nodiscard]] subscription subscribe() noexcept { return subscription(*this); }

    broadcast_statistics statistics() const noexcept {
        return {capacity_, kept_.size(), subscribers_, waiters_.size(), published_, closed_};
    }

  private:
    /// The number of the oldest value kept, counted from 0.
    std::uint64_t oldest() const noexcept { return published_ - kept_.size(); }
    void wake_all() noexcept {
        while (!waiters_.empty())
            waiters_.pop_front().commit();
    }
    void unsubscribe() noexcept {
        if (--subscribers_ > 0) return;
        while (!kept_.empty())
            kept_.pop();
    }

    std::size_t capacity_;
    std::size_t subscribers_ = 0;
    std::uint64_t published_ = 0;
    bool closed_ = false;
    detail::ring<T> kept_;
    detail::wait_queue<receive_operation, broadcast> waiters_;
};

/// One subscriber's place in a broadcast. One task at a time receives from it; more tasks need a subscription
/// each. Moves only while nobody receives from it.
template <class T> class broadcast<T>::subscription {
  public:
    subscription(subscription&& other) noexcept
        : from_(std::exchange(other.from_, nullptr))
        , next_(other.next_) {}
    subscription& operator=(subscription&& other) noexcept {
        subscription(std::move(other)).swap(*this);
        return *this;
    }
    ~subscription() {
        if (from_) from_->unsubscribe();
    }
    void swap(subscription& other) noexcept {
        std::swap(from_, other.from_);
        std::swap(next_, other.next_);
    }

    /// `while (auto news = co_await feed.receive())`: a copy of the next value; waits while there is none.
    /// Empty once the broadcast is closed and all was received. Throws `lagged` where values were missed; the
    /// next call goes on with the oldest kept. Throws usage_error while another task receives from this
    /// subscription. Cancellation ends the wait.
    receive_operation receive() noexcept { return receive_operation(*this); }

    /// How many values it could receive, or would be told that it missed, without waiting.
    std::uint64_t pending() const noexcept { return from_->published_ - next_; }

  private:
    friend broadcast;
    friend receive_operation;
    explicit subscription(broadcast& from) noexcept
        : from_(&from)
        , next_(from.published_) {
        ++from.subscribers_;
    }

    broadcast* from_;
    /// The number of the value that it receives next.
    std::uint64_t next_;
    /// Who waits in `receive`.
    const receive_operation* receiver_ = nullptr;
};

template <class T>
class broadcast<T>::receive_operation final
    : public detail::waiting_operation<typename broadcast<T>::receive_operation,
                                       detail::queued_waiter<broadcast<T>>> {
    using base = detail::waiting_operation<receive_operation, detail::queued_waiter<broadcast<T>>>;

  public:
    explicit receive_operation(subscription& by) noexcept
        : by_(by) {}
    receive_operation(receive_operation&& other) noexcept
        : base(std::move(other))
        , by_(other.by_) {}

    std::optional<T> await_resume() {
        if (by_.receiver_ == this) by_.receiver_ = nullptr;
        this->throw_if_cancelled();
        broadcast& from = *by_.from_;
        if (by_.next_ == from.published_) return std::nullopt;
        const std::uint64_t oldest = from.oldest();
        if (by_.next_ < oldest) throw lagged(oldest - std::exchange(by_.next_, oldest));
        std::optional<T> value(from.kept_.at(static_cast<std::size_t>(by_.next_ - oldest)));
        ++by_.next_;
        return value;
    }

  private:
    friend base;
    bool try_now() const {
        if (by_.receiver_) throw usage_error("broadcast: two tasks receive from one subscription");
        return by_.next_ != by_.from_->published_ || by_.from_->closed_;
    }
    void enqueue() noexcept {
        by_.receiver_ = this;
        by_.from_->waiters_.push_back(*this);
    }

    subscription& by_;
};

} // namespace tandem
