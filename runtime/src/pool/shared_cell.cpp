#include <tandem/pool/shared_cell.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "pool/robust_lock.hpp"
#include <tandem/pool/shared_object.hpp>

namespace tandem::detail {

namespace {

using word = std::atomic<std::uint64_t>;
static_assert(word::is_always_lock_free && sizeof(word) == sizeof(std::uint64_t));

struct cell_memory {
    shared_head head;
    robust_lock lock;
    /// Its lowest bit says which of the two copies counts.
    std::atomic<std::uint64_t> version{0};
};

constexpr std::size_t words_for(std::size_t size) noexcept {
    return (size + sizeof(word) - 1) / sizeof(word);
}

cell_memory& cell_in(std::byte* bytes) noexcept {
    return *reinterpret_cast<cell_memory*>(bytes);
}

word* copy_in(std::byte* bytes, std::uint64_t version, std::size_t size) noexcept {
    auto* const copies = reinterpret_cast<word*>(bytes + sizeof(cell_memory));
    return copies + (version & 1) * words_for(size);
}

void write(word* to, const void* from, std::size_t size) noexcept {
    const auto* bytes = static_cast<const std::byte*>(from);
    for (; size > 0; ++to) {
        std::uint64_t value = 0;
        const std::size_t count = std::min(size, sizeof value);
        std::memcpy(&value, bytes, count);
        // Who reads a word of it sees that the version has gone on since the other copy was the older one.
        to->store(value, std::memory_order_release);
        bytes += count;
        size -= count;
    }
}

void read(void* to, const word* from, std::size_t size) noexcept {
    auto* bytes = static_cast<std::byte*>(to);
    for (; size > 0; ++from) {
        const std::uint64_t value = from->load(std::memory_order_acquire);
        const std::size_t count = std::min(size, sizeof value);
        std::memcpy(bytes, &value, count);
        bytes += count;
        size -= count;
    }
}

} // namespace

std::size_t shared_cell::memory_for(std::size_t value_size) noexcept {
    return sizeof(cell_memory) + 2 * words_for(value_size) * sizeof(word);
}

void shared_cell::make(const region_pointer& region, const void* value, std::size_t value_size) {
    std::byte* const bytes = region->data();
    auto& cell = cell_in(bytes);
    new (&cell.lock) robust_lock;
    new (&cell.version) std::atomic<std::uint64_t>(0);
    word* const words = copy_in(bytes, 0, value_size);
    for (std::size_t i = 0; i < 2 * words_for(value_size); ++i)
        new (words + i) word(0);
    write(words, value, value_size);
}

std::uint64_t shared_cell::load(void* to) const noexcept {
    const std::atomic<std::uint64_t>& version = cell_in(bytes_).version;
    while (true) {
        const std::uint64_t seen = version.load(std::memory_order_acquire);
        read(to, copy_in(bytes_, seen, size_), size_);
        // While it stays, nobody writes to the copy that was read.
        if (version.load(std::memory_order_relaxed) == seen) return seen;
    }
}

void shared_cell::store(const void* from) const {
    cell_memory& cell = cell_in(bytes_);
    const robust_guard held(cell.lock);
    const std::uint64_t version = cell.version.load(std::memory_order_relaxed);
    write(copy_in(bytes_, version + 1, size_), from, size_);
    cell.version.store(version + 1, std::memory_order_release);
}

void shared_cell::exchange(const void* from, void* before) const {
    cell_memory& cell = cell_in(bytes_);
    const robust_guard held(cell.lock);
    const std::uint64_t version = cell.version.load(std::memory_order_relaxed);
    read(before, copy_in(bytes_, version, size_), size_);
    write(copy_in(bytes_, version + 1, size_), from, size_);
    cell.version.store(version + 1, std::memory_order_release);
}

bool shared_cell::replace(std::uint64_t version, const void* from) const {
    cell_memory& cell = cell_in(bytes_);
    const robust_guard held(cell.lock);
    if (cell.version.load(std::memory_order_relaxed) != version) return false;
    write(copy_in(bytes_, version + 1, size_), from, size_);
    cell.version.store(version + 1, std::memory_order_release);
    return true;
}

} // namespace tandem::detail
