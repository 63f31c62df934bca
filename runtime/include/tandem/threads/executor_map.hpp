// The results of an executor's map, one by one.
#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <tandem/coro/map_concurrent.hpp>
#include <tandem/threads/call_options.hpp>
#include <tandem/threads/chunk_outcome.hpp>

namespace tandem {

namespace detail {

/// A range's items in vectors of `size`, taken as they are asked for and no sooner.
template <class Held> class chunks_of {
  public:
    using item = std::decay_t<decltype(*std::begin(range_of(std::declval<Held&>())))>;

    /// `has_failed`: the map has failed, and takes no more.
    template <class Range>
    chunks_of(Range&& range, std::size_t size, std::shared_ptr<bool> has_failed)
        : held_(std::forward<Range>(range))
        , size_(size)
        , has_failed_(std::move(has_failed)) {}

    struct end_mark {};
    class iterator {
      public:
        explicit iterator(chunks_of& from)
            : from_(&from)
            , next_(std::begin(range_of(from.held_)))
            , end_(std::end(range_of(from.held_))) {
            load();
        }
        std::vector<item>& operator*() noexcept { return loaded_; }
        iterator& operator++() {
            load();
            return *this;
        }
        bool operator==(end_mark) const noexcept { return loaded_.empty(); }

      private:
        void load() {
            loaded_.clear();
            if (*from_->has_failed_) return;
            while (!is_at_end_ && loaded_.size() < from_->size_) {
                // Not until the next item is wanted: the range may make it then, and for long.
                if (std::exchange(is_used_, true)) ++next_;
                is_at_end_ = next_ == end_;
                if (is_at_end_) break;
                if (loaded_.empty()) loaded_.reserve(from_->size_);
                loaded_.push_back(*next_);
            }
        }

        chunks_of* from_;
        decltype(std::begin(range_of(std::declval<Held&>()))) next_;
        decltype(std::end(range_of(std::declval<Held&>()))) end_;
        std::vector<item> loaded_;
        bool is_used_ = false;
        bool is_at_end_ = false;
    };
    iterator begin() { return iterator(*this); }
    end_mark end() const noexcept { return {}; }

  private:
    friend iterator;
    Held held_;
    std::size_t size_;
    std::shared_ptr<bool> has_failed_;
};

[[noreturn]] TANDEM_API void throw_map_timed_out();

/// What a map's consumer has before it: the chunk that it is in, and those that come.
template <class V> class map_state {
  public:
    using children = std::shared_ptr<stream_of_tasks<chunk_outcome<V>>>;

    map_state(children source, bool keeps_going)
        : scope_(source->scope())
        , chunks_(std::move(source))
        , keeps_going_(keeps_going) {}

    bool is_over() const noexcept { return is_over_; }
    bool has_next() const noexcept {
        return has_error_next() ? keeps_going_ : taken_ < current_.values.size();
    }

    result<V> take() {
        if (!has_error_next()) return result<V>::success(take_value());
        ++index_;
        return result<V>::failure(std::move(current_.errors[failed_++].second));
    }
    V take_value() {
        ++index_;
        return static_cast<V>(std::move(current_.values[taken_++]));
    }

    /// Gets at the next chunk, or throws what ended the map.
    static task<> refill(std::shared_ptr<map_state> state) {
        if (state->has_error_next()) {
            state->is_over_ = true;
            std::exception_ptr error = std::move(state->current_.errors[state->failed_].second);
            co_await state->chunks_.close();
            std::rethrow_exception(std::move(error));
        }
        state->current_ = chunk_outcome<V>();
        state->index_ = state->taken_ = state->failed_ = 0;
        std::optional<chunk_outcome<V>> next;
        try {
            next = co_await state->chunks_.next();
        } catch (const cancelled&) {
            throw;
        } catch (...) {
            state->is_over_ = true;
            throw;
        }
        if (next) {
            state->current_ = std::move(*next);
            // An error may be all that there is.
            if (!state->has_next()) co_await refill(state);
            co_return;
        }
        state->is_over_ = true;
        if (state->scope_.reason() == cancel_reason::deadline) throw_map_timed_out();
    }
    static task<> close(std::shared_ptr<map_state> state) {
        if (!state) co_return;
        state->is_over_ = true;
        co_await state->chunks_.close();
    }

  private:
    bool has_error_next() const noexcept {
        return failed_ < current_.errors.size() && current_.errors[failed_].first == index_;
    }

    /// That of the source, which lives as long as `chunks_` has it.
    cancel_scope& scope_;
    result_stream<chunk_outcome<V>> chunks_;
    bool keeps_going_;
    bool is_over_ = false;
    chunk_outcome<V> current_;
    /// Of the current chunk: the number of the next item, how many values and how many errors were taken.
    std::size_t index_ = 0;
    std::size_t taken_ = 0;
    std::size_t failed_ = 0;
};

} // namespace detail

/// What `map` returns: `while (auto value = co_await results.next()) …`. `T` is what the function returns
/// (std::monostate for void), or a result of that where the map keeps going after errors.
///
/// Nothing is taken from the range before the first `next`; from then on the executor is kept busy, as far
/// ahead of the consumer as in_flight allows. The calls run in the scope in which the map was made: its
/// deadline and cancellation reach them. Dropping the stream cancels what is in flight; what cannot stop at
/// once ends by itself, before the loop does. Move-only; one consumer at a time; belongs to its loop's
/// thread. The executor, and a range given by name, have to outlive it.
template <class T, class V> class [[nodiscard]] executor_stream {
  public:
    using value_type = T;

    explicit executor_stream(std::shared_ptr<detail::map_state<V>> state) noexcept
        : state_(std::move(state)) {}

    /// The next value, empty after the last one. Throws the first error of an item when its turn comes (the
    /// values before it have been given then), once all that was in flight has been stopped, and timed_out
    /// when the map's deadline has passed. After an error there is nothing more. Cancelling this await loses
    /// nothing. A checkpoint.
    class [[nodiscard]] next_operation {
      public:
        explicit next_operation(std::shared_ptr<detail::map_state<V>> from) noexcept
            : from_(std::move(from)) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise> bool await_suspend(std::coroutine_handle<Promise> self) {
            detail::promise_base& consumer = self.promise();
            if (consumer.scope().is_cancelled()) {
                stopped_ = &consumer.scope();
                return false;
            }
            if (!from_ || from_->is_over()) return false;
            if (!from_->has_next()) {
                refill_.emplace(detail::map_state<V>::refill(from_));
                return refill_->promise().run_below(consumer, consumer.scope());
            }
            if (consumer.scheduler().may_continue()) return false;
            consumer.scheduler().make_ready(consumer);
            return true;
        }
        std::optional<T> await_resume() {
            if (stopped_) stopped_->throw_cancelled();
            if (refill_) refill_->promise().take();
            if (!from_ || from_->is_over()) return std::nullopt;
            if constexpr (std::is_same_v<T, V>)
                return from_->take_value();
            else
                return from_->take();
        }

      private:
        std::shared_ptr<detail::map_state<V>> from_;
        const cancel_scope* stopped_ = nullptr;
        std::optional<task<>> refill_;
    };
    next_operation next() noexcept { return next_operation(state_); }

    /// Cancels what is in flight and waits for its end. Later calls of `next` give nothing.
    task<> close() { return detail::map_state<V>::close(std::move(state_)); }

  private:
    std::shared_ptr<detail::map_state<V>> state_;
};

namespace detail {

/// `start(items)` is a task that runs one chunk.
template <class T, class V, class Range, class Start>
executor_stream<T, V> map_chunks(Range&& range, const map_options& how, Start start) {
    using chunks = chunks_of<held_range<Range>>;
    auto has_failed = std::make_shared<bool>(false);
    const bool keeps_going = how.keeps_going();
    auto run = [start, has_failed, keeps_going](std::vector<typename chunks::item>& items) {
        const std::size_t count = items.size();
        return finish_chunk<V>(start(std::move(items)), count, keeps_going ? nullptr : has_failed);
    };
    auto children = std::make_shared<mapped_children<chunk_outcome<V>, chunks, decltype(run)>>(
        creating_task(), how.in_flight(), how.in_order(),
        chunks(std::forward<Range>(range), how.chunk(), has_failed), std::move(run));
    if (how.moment()) children->scope().set_deadline(*how.moment());
    if (how.limit()) children->scope().set_time_limit(*how.limit());
    return executor_stream<T, V>(std::make_shared<map_state<V>>(std::move(children), keeps_going));
}

} // namespace detail

} // namespace tandem
