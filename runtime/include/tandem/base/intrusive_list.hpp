// A doubly linked list of objects that carry their own links: joining and leaving allocate nothing.
#pragma once
#include <cstddef>

namespace tandem::detail {

class task_tree_reader;

/// The links of an object that can be in one list of `Tag`; leaves its list when destroyed.
template <class Tag> class list_hook {
  public:
    list_hook() noexcept = default;
    list_hook(const list_hook&) = delete;
    list_hook& operator=(const list_hook&) = delete;
    ~list_hook() { unlink(); }

    bool is_linked() const noexcept { return next_ != nullptr; }

    void unlink() noexcept {
        if (!next_) return;
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = nullptr;
    }

  private:
    template <class T, class ListTag> friend class intrusive_list;
    friend class task_tree_reader;

    list_hook* next_ = nullptr;
    list_hook* previous_ = nullptr;
};

/// A first-in, first-out list of `T`, which derives publicly from list_hook<Tag>. Owns none of them.
template <class T, class Tag> class intrusive_list {
    using hook = list_hook<Tag>;

  public:
    intrusive_list() noexcept { head_.next_ = head_.previous_ = &head_; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;
    ~intrusive_list() {
        while (!empty())
            head_.next_->unlink();
        head_.next_ = nullptr;
    }

    bool empty() const noexcept { return head_.next_ == &head_; }
    /// Counts them one by one.
    std::size_t size() const noexcept {
        std::size_t count = 0;
        for (const hook* at = head_.next_; at != &head_; at = at->next_)
            ++count;
        return count;
    }
    T& front() noexcept { return static_cast<T&>(*head_.next_); }

    void push_back(T& item) noexcept {
        hook& links = item;
        links.previous_ = head_.previous_;
        links.next_ = &head_;
        head_.previous_->next_ = &links;
        head_.previous_ = &links;
    }
    T& pop_front() noexcept {
        T& first = front();
        static_cast<hook&>(first).unlink();
        return first;
    }
    /// Moves every item of `other` behind the last one here.
    void splice_back(intrusive_list& other) noexcept {
        if (other.empty()) return;
        hook* first = other.head_.next_;
        hook* last = other.head_.previous_;
        other.head_.next_ = other.head_.previous_ = &other.head_;
        first->previous_ = head_.previous_;
        head_.previous_->next_ = first;
        last->next_ = &head_;
        head_.previous_ = last;
    }
    /// Calls `visit(item)` for each; `visit` must not change the list.
    template <class Visit> void for_each(Visit visit) {
        for (hook* at = head_.next_; at != &head_; at = at->next_)
            visit(static_cast<T&>(*at));
    }
    template <class Visit> void for_each(Visit visit) const {
        for (const hook* at = head_.next_; at != &head_; at = at->next_)
            visit(static_cast<const T&>(*at));
    }

  private:
    friend class task_tree_reader;
    hook head_;
};

} // namespace tandem::detail
