// Objects of which there is one for each request.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

#include <tandem/coro/promise.hpp>

namespace tandem::http::detail {

/// Base of a final class whose objects come from where coroutines' frames do, and go back there: the next
/// request needs one of the same size.
struct recycled {
    static void* operator new(std::size_t bytes) { return tandem::detail::allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept {
        tandem::detail::free_frame(memory, bytes);
    }
};

template <class T> struct recycling_allocator {
    using value_type = T;
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

    recycling_allocator() = default;
    template <class Other> recycling_allocator(const recycling_allocator<Other>&) noexcept {}

    T* allocate(std::size_t count) {
        return static_cast<T*>(tandem::detail::allocate_frame(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t count) noexcept {
        tandem::detail::free_frame(memory, count * sizeof(T));
    }
    template <class Other> bool operator==(const recycling_allocator<Other>&) const noexcept { return true; }
};

/// As std::make_shared, from there.
template <class T, class... Arguments> std::shared_ptr<T> make_recycled(Arguments&&... arguments) {
    return std::allocate_shared<T>(recycling_allocator<T>(), std::forward<Arguments>(arguments)...);
}

} // namespace tandem::http::detail
