#include "io/tls_buffer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace tandem::detail {

namespace {

/// A few, since of the connections of a loop few move many bytes within one step.
struct kept_blocks {
    std::array<char*, 8> blocks;
    std::size_t count = 0;
    bool is_over = false;
    ~kept_blocks() {
        while (count > 0)
            ::operator delete(blocks[--count]);
        is_over = true; // what is released after the thread's end goes straight back
    }
};

thread_local kept_blocks kept;

char* new_block(std::size_t capacity) {
    if (capacity == tls_buffer::large && kept.count > 0) return kept.blocks[--kept.count];
    return static_cast<char*>(::operator new(capacity));
}

void free_block(char* block, std::size_t capacity) noexcept {
    if (capacity == tls_buffer::large && !kept.is_over && kept.count < kept.blocks.size())
        kept.blocks[kept.count++] = block;
    else
        ::operator delete(block);
}

} // namespace

std::span<char> tls_buffer::room(std::size_t least) {
    if (capacity_ - end_ < least) {
        const std::size_t held = size();
        std::size_t wanted = held + least;
        if (wanted > small) wanted = std::max(wanted, large);
        if (wanted > large) wanted = std::max(wanted, 2 * capacity_);
        char* block = new_block(wanted);
        if (held > 0) std::memcpy(block, block_ + begin_, held);
        release();
        block_ = block;
        capacity_ = wanted;
        end_ = held;
    }
    return {block_ + end_, capacity_ - end_};
}

void tls_buffer::append(std::string_view bytes) {
    std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
    add(bytes.size());
}

void tls_buffer::release() noexcept {
    if (block_) free_block(block_, capacity_);
    block_ = nullptr;
    capacity_ = begin_ = end_ = 0;
}

} // namespace tandem::detail
