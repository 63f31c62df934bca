// What a connection reads into.
#pragma once
#include <cstddef>
#include <memory>

#include <tandem/coro/promise.hpp>

namespace tandem::http::detail {

/// Memory that comes from where coroutines' frames do, and goes back there: most replies need it for as short
/// a time, and the next one needs as much.
class read_buffer {
  public:
    /// None.
    read_buffer() noexcept = default;
    explicit read_buffer(std::size_t capacity)
        : memory_(static_cast<char*>(tandem::detail::allocate_frame(capacity)), give_back{capacity}) {}

    char* data() const noexcept { return memory_.get(); }
    std::size_t capacity() const noexcept { return memory_.get_deleter().capacity; }
    explicit operator bool() const noexcept { return memory_ != nullptr; }

  private:
    struct give_back {
        std::size_t capacity;
        void operator()(char* memory) const noexcept { tandem::detail::free_frame(memory, capacity); }
    };
    std::unique_ptr<char[], give_back> memory_;
};

} // namespace tandem::http::detail
