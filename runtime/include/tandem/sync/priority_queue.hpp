// Values from tasks to tasks, the most important one first.
#pragma once
#include <cstdint>
#include <vector>

#include <tandem/sync/basic_channel.hpp>

namespace tandem {

namespace detail {

struct by_less {
    template <class T> bool operator()(const T& one, const T& other) const { return one < other; }
};

/// A binary heap; equals leave it in the order in which they came.
template <class T, class Compare> class heap {
  public:
    std::size_t size() const noexcept { return items_.size(); }
    bool empty() const noexcept { return items_.empty(); }

    void push(T&& value) {
        items_.emplace_back(std::move(value), ++pushed_);
        std::size_t at = items_.size() - 1;
        while (at > 0 && is_before(items_[at], items_[(at - 1) / 2])) {
            std::swap(items_[at], items_[(at - 1) / 2]);
            at = (at - 1) / 2;
        }
    }
    T pop() noexcept {
        T first = std::move(items_.front().value);
        if (items_.size() > 1) items_.front() = std::move(items_.back());
        items_.pop_back();
        for (std::size_t at = 0, best = 0;; at = best) {
            for (const std::size_t child : {2 * at + 1, 2 * at + 2})
                if (child < items_.size() && is_before(items_[child], items_[best])) best = child;
            if (best == at) return first;
            std::swap(items_[at], items_[best]);
        }
    }

  private:
    struct item {
        item(T&& what, std::uint64_t when) noexcept
            : value(std::move(what))
            , order(when) {}
        T value;
        std::uint64_t order;
    };
    bool is_before(const item& one, const item& other) const noexcept {
        if (compare_(other.value, one.value)) return true;
        return !compare_(one.value, other.value) && one.order < other.order;
    }

    std::vector<item> items_;
    std::uint64_t pushed_ = 0;
    [[no_unique_address]] Compare compare_;
};

} // namespace detail

/// A channel out of which the greatest value comes first, by `Compare` (`<` unless told; as for
/// std::priority_queue), and equals in the order in which they came. `Compare` must not throw.
///
/// The order holds among the values inside: tasks that wait in `send` are served first come, first served,
/// and their values take part once they are in. All else is as for channel; a capacity of 0 leaves nothing to
/// order. `T` needs to move, also by assignment, without throwing.
template <class T, class Compare = detail::by_less>
class priority_queue final : public detail::basic_channel<T, detail::heap<T, Compare>> {
    static_assert(std::is_nothrow_move_assignable_v<T>, "what is ordered in a queue moves without throwing");

  public:
    using detail::basic_channel<T, detail::heap<T, Compare>>::basic_channel;
};

} // namespace tandem
