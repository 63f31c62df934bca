#include <tandem/pool/byte_buffer.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace tandem {

byte_buffer::~byte_buffer() {
    std::free(bytes_);
}

void byte_buffer::grow(std::size_t count) {
    constexpr std::size_t least = 256;
    if (count > static_cast<std::size_t>(-1) / 2 - size_) throw std::bad_alloc();
    const std::size_t capacity = std::max({least, size_ + count, capacity_ + capacity_ / 2});
    // realloc moves the pages of a large block instead of copying them.
    void* moved = std::realloc(bytes_, capacity);
    if (!moved) throw std::bad_alloc();
    bytes_ = static_cast<std::byte*>(moved);
    capacity_ = capacity;
}

} // namespace tandem
