// What waits for a worker: by priority, then first come, first served.
#pragma once
#include <cstddef>
#include <functional>
#include <map>

#include <tandem/base/intrusive_list.hpp>

namespace tandem::detail {

/// Intrusive lists of `T`, one for each priority in use. Not thread safe.
template <class T, class Tag> class priority_lists {
  public:
    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    void push(T& item, int priority) {
        lists_[priority].push_back(item);
        ++size_;
    }
    /// Ahead of its equals.
    void push_first(T& item, int priority) {
        intrusive_list<T, Tag> first;
        first.push_back(item);
        intrusive_list<T, Tag>& list = lists_[priority];
        first.splice_back(list);
        list.splice_back(first);
        ++size_;
    }
    /// The next, left where it is; there must be one.
    T& front() noexcept {
        while (lists_.begin()->second.empty())
            lists_.erase(lists_.begin());
        return lists_.begin()->second.front();
    }
    /// The next; there must be one.
    T& pop() noexcept {
        T& next = front();
        static_cast<list_hook<Tag>&>(next).unlink();
        --size_;
        return next;
    }
    /// Takes `item` out if it is still there.
    bool remove(T& item) noexcept {
        list_hook<Tag>& place = item;
        if (!place.is_linked()) return false;
        place.unlink();
        --size_;
        return true;
    }

  private:
    std::map<int, intrusive_list<T, Tag>, std::greater<>> lists_;
    std::size_t size_ = 0;
};

} // namespace tandem::detail
