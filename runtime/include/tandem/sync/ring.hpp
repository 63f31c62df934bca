// A first-in, first-out store in one block of memory.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace tandem::detail {

/// Grows as needed and never shrinks; taking an item out and putting one in again allocates nothing. (A
/// std::deque would allocate and free a node every few items that pass.) Items move without throwing.
template <class T> class ring {
  public:
    ring() noexcept = default;
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    ~ring() {
        for (std::size_t i = 0; i < size_; ++i)
            std::destroy_at(&at(i));
        if (slots_) memory().deallocate(slots_, room_);
    }

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// The item that `index` others came before.
    T& at(std::size_t index) noexcept { return slots_[(first_ + index) & (room_ - 1)]; }

    /// Throws std::bad_alloc where it has to grow and cannot; `item` is as it was then.
    void push(T&& item) {
        if (size_ == room_) grow();
        std::construct_at(&at(size_), std::move(item));
        ++size_;
    }
    T pop() noexcept {
        T& oldest = at(0);
        T item(std::move(oldest));
        std::destroy_at(&oldest);
        first_ = (first_ + 1) & (room_ - 1);
        --size_;
        return item;
    }

  private:
    static std::allocator<T> memory() noexcept { return {}; }
    void grow() {
        const std::size_t room = room_ ? 2 * room_ : 4;
        T* const slots = memory().allocate(room);
        for (std::size_t i = 0; i < size_; ++i) {
            std::construct_at(slots + i, std::move(at(i)));
            std::destroy_at(&at(i));
        }
        if (slots_) memory().deallocate(slots_, room_);
        slots_ = slots;
        room_ = room;
        first_ = 0;
    }

    T* slots_ = nullptr;
    /// A power of two, so that places wrap with a mask.
    std::size_t room_ = 0;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

} // namespace tandem::detail
