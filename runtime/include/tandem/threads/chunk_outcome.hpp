// What comes of the items that make one call of `map`.
#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <variant>
#include <vector>

#include <tandem/coro/gather.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/threads/signature.hpp>

namespace tandem::detail {

/// The outcomes of consecutive items: an aggregate, which crosses to the pool as one.
template <class V> struct chunk_outcome {
    /// Of the items that have one, in their order.
    std::vector<V> values;
    /// The others: the number in the chunk, ascending, and the error.
    std::vector<std::pair<std::uint32_t, std::exception_ptr>> errors;
    /// It was asked to stop before it was through: this says nothing of the items that are missing.
    bool is_cut_short = false;
};

/// Calls `function(item, stop)` for each of `items`, until the first error unless it is to keep going.
template <class V, class Item, class Call>
chunk_outcome<V> run_chunk(std::vector<Item>& items, bool keeps_going, const std::stop_token& stop,
                           Call&& function) {
    chunk_outcome<V> outcome;
    outcome.values.reserve(items.size());
    std::uint32_t index = 0;
    for (auto&& item : items) {
        if (stop.stop_requested()) {
            outcome.is_cut_short = true;
            return outcome;
        }
        try {
            if constexpr (std::is_same_v<V, std::monostate>) {
                function(static_cast<Item>(std::move(item)));
                outcome.values.emplace_back();
            } else {
                outcome.values.push_back(function(static_cast<Item>(std::move(item))));
            }
        } catch (...) {
            outcome.errors.emplace_back(index, std::current_exception());
            if (!keeps_going) return outcome;
        }
        ++index;
    }
    return outcome;
}

/// A function made one of a whole chunk, for executors that share its memory.
template <class Function, class Item> class chunk_call {
    using signature = signature_of<Function, Item>;
    using value = value_or_monostate<std::decay_t<typename signature::result>>;

  public:
    chunk_call(Function function, bool keeps_going)
        : function_(std::move(function))
        , keeps_going_(keeps_going) {}

    chunk_outcome<value> operator()(std::vector<Item> items, std::stop_token stop) {
        return run_chunk<value>(items, keeps_going_, stop, [&](Item&& item) -> decltype(auto) {
            if constexpr (signature::stop == stop_place::first)
                return std::invoke(function_, stop, std::move(item));
            else if constexpr (signature::stop == stop_place::last)
                return std::invoke(function_, std::move(item), stop);
            else
                return std::invoke(function_, std::move(item));
        });
    }

  private:
    Function function_;
    bool keeps_going_;
};

/// The outcome of a chunk whatever became of the call that ran it: an error of the call itself (a worker that
/// died) is one of its items, of the first where the first error ends the map. That is told by `has_failed`,
/// which is null for a map that keeps going.
template <class V>
task<chunk_outcome<V>> finish_chunk(task<chunk_outcome<V>> work, std::size_t items,
                                    std::shared_ptr<bool> has_failed) {
    chunk_outcome<V> outcome;
    std::exception_ptr lost;
    try {
        outcome = co_await std::move(work);
    } catch (const cancelled&) {
        throw;
    } catch (...) {
        lost = std::current_exception();
    }
    // The scope has been cancelled, and this throws.
    if (outcome.is_cut_short) co_await yield();
    if (lost)
        for (std::size_t index = 0; index < (has_failed ? 1 : items); ++index)
            outcome.errors.emplace_back(static_cast<std::uint32_t>(index), lost);
    if (has_failed && !outcome.errors.empty()) *has_failed = true;
    co_return outcome;
}

} // namespace tandem::detail
