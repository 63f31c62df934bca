#include <tandem/pool/byte_buffer.hpp>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace tandem {

byte_buffer::~byte_buffer() {
    if (!region_) std::free(bytes_);
}

void byte_buffer::grow(std::size_t count) {
    constexpr std::size_t least = 256;
    if (count > static_cast<std::size_t>(-1) / 2 - size_) throw std::bad_alloc();
    const std::size_t capacity = std::max({least, size_ + count, capacity_ + capacity_ / 2});
    if (capacity >= detail::region_threshold && grow_shared(capacity)) return;
    if (region_) {
        void* copy = std::malloc(capacity);
        if (!copy) throw std::bad_alloc();
        std::memcpy(copy, bytes_, size_);
        region_.reset();
        bytes_ = static_cast<std::byte*>(copy);
        capacity_ = capacity;
        return;
    }
    // realloc moves the pages of a large block instead of copying them.
    void* moved = std::realloc(bytes_, capacity);
    if (!moved) throw std::bad_alloc();
    bytes_ = static_cast<std::byte*>(moved);
    capacity_ = capacity;
}

bool byte_buffer::grow_shared(std::size_t capacity) {
    detail::payload_memory* const memory = detail::payload_scope::current();
    if (!memory) return false;
    detail::region_pointer region = memory->allocate(capacity);
    if (!region) return false;
    if (size_ != 0) std::memcpy(region->data(), bytes_, size_);
    if (!region_) std::free(bytes_);
    bytes_ = region->data();
    capacity_ = region->size();
    region_ = std::move(region);
    return true;
}

} // namespace tandem
