// Values that come one after the other: coroutines with co_yield.
#pragma once
#include <optional>

#include <tandem/base/error.hpp>
#include <tandem/coro/task.hpp>

namespace tandem {

template <class T> class stream;

namespace detail {

template <class T> class stream_promise final : public promise_base {
  public:
    explicit stream_promise(std::source_location function = std::source_location::current()) noexcept
        : promise_base(std::coroutine_handle<stream_promise>::from_promise(*this), function) {}
    stream<T> get_return_object() noexcept;
    void return_void() const noexcept {}

    /// Suspends with the value, which stays in the generator's frame until the consumer takes it.
    class at_yield {
      public:
        explicit at_yield(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
            : value_(std::move(value)) {}
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<stream_promise> self) noexcept {
            self.promise().value_ = &value_;
            self.promise().report();
        }
        void await_resume() const noexcept {}

      private:
        T value_;
    };
    at_yield yield_value(T value) { return at_yield(std::move(value)); }

    std::optional<T> take() {
        if (T* value = std::exchange(value_, nullptr)) return std::move(*value);
        rethrow_error();
        return std::nullopt;
    }

  private:
    T* value_ = nullptr;
};

} // namespace detail

/// A coroutine that gives values with `co_yield`, made only as they are asked for (an asynchronous
/// generator):
///
///     stream<int> numbers() { for (int i = 0;; ++i) { co_await sleep(1s); co_yield i; } }
///     while (auto number = co_await from.next()) use(*number);
///
/// The generator runs inside `next()`, in the scope of whoever awaits it: between two calls it stands still
/// at its co_yield and can be dropped there; its locals are destroyed with the stream. A value cannot be
/// yielded from inside a group or a time-out: their bodies are coroutines of their own. Move-only; one
/// consumer at a time; belongs to its loop's thread.
template <class T> class [[nodiscard]] stream {
    static_assert(std::is_object_v<T>, "a stream gives values; wrap a reference in std::reference_wrapper");

  public:
    using promise_type = detail::stream_promise<T>;
    using value_type = T;

    stream(stream&& other) noexcept
        : promise_(std::exchange(other.promise_, nullptr)) {}
    stream& operator=(stream&& other) noexcept {
        std::swap(promise_, other.promise_);
        return *this;
    }
    ~stream() { drop(); }

    /// The next value, empty when the generator has ended. Rethrows what it threw, `cancelled` included; it
    /// has ended then. Throws usage_error while another task waits for the next value. The same await as that
    /// of a task: a checkpoint before the generator runs.
    class [[nodiscard]] next_operation {
      public:
        explicit next_operation(stream& from) noexcept
            : from_(from) {}
        bool await_ready() const noexcept { return !from_.promise_ || from_.promise_->is_done(); }
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
            detail::promise_base& consumer = self.promise();
            if (from_.promise_->is_below_await())
                throw usage_error("stream: next() is awaited by two tasks at a time");
            if (consumer.scope().is_cancelled()) {
                stopped_ = &consumer.scope();
                return false;
            }
            ran_ = true;
            return from_.promise_->run_below(consumer, consumer.scope());
        }
        std::optional<T> await_resume() {
            if (stopped_) stopped_->throw_cancelled();
            return ran_ ? from_.promise_->take() : std::nullopt;
        }

      private:
        stream& from_;
        const cancel_scope* stopped_ = nullptr;
        bool ran_ = false;
    };
    next_operation next() noexcept { return next_operation(*this); }

    /// Ends the generator where it stands: destroys its locals. Later calls of `next` find no value.
    void close() noexcept { drop(); }

  private:
    friend promise_type;
    explicit stream(promise_type& promise) noexcept
        : promise_(&promise) {}
    void drop() noexcept {
        if (promise_type* ended = std::exchange(promise_, nullptr)) ended->handle().destroy();
    }

    promise_type* promise_;
};

template <class T> stream<T> detail::stream_promise<T>::get_return_object() noexcept {
    return stream<T>(*this);
}

} // namespace tandem
