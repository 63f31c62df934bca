// Values from tasks to tasks, the latest first.
#pragma once
#include <vector>

#include <tandem/sync/basic_channel.hpp>

namespace tandem {

namespace detail {

template <class T> class stack {
  public:
    std::size_t size() const noexcept { return items_.size(); }
    bool empty() const noexcept { return items_.empty(); }
    void push(T&& item) { items_.push_back(std::move(item)); }
    T pop() noexcept {
        T last = std::move(items_.back());
        items_.pop_back();
        return last;
    }

  private:
    std::vector<T> items_;
};

} // namespace detail

/// A channel out of which the latest value comes first: depth first, or what was used last and is still warm.
/// The order holds among the values inside; tasks that wait in `send` or `receive` are served first come,
/// first served. All else is as for channel.
template <class T> class lifo_queue final : public detail::basic_channel<T, detail::stack<T>> {
  public:
    using detail::basic_channel<T, detail::stack<T>>::basic_channel;
};

} // namespace tandem
