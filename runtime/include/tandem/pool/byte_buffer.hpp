// Bytes on their way between two processes.
#pragma once
#include <cstddef>
#include <cstring>
#include <utility>

#include <tandem/base/config.hpp>

namespace tandem {

/// A growing run of bytes. Unlike a std::vector it can be filled from a socket without being zeroed first,
/// and a large one grows by moving its pages. Move-only.
class TANDEM_API byte_buffer {
  public:
    byte_buffer() noexcept = default;
    byte_buffer(byte_buffer&& other) noexcept
        : bytes_(std::exchange(other.bytes_, nullptr))
        , size_(std::exchange(other.size_, 0))
        , capacity_(std::exchange(other.capacity_, 0)) {}
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~byte_buffer();

    std::byte* data() noexcept { return bytes_; }
    const std::byte* data() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return size_; }

    void append(const void* from, std::size_t count) {
        if (count > capacity_ - size_) grow(count);
        if (count != 0) std::memcpy(bytes_ + size_, from, count);
        size_ += count;
    }
    /// Makes `count` bytes its size; those beyond the old size have any value. Throws std::bad_alloc.
    void resize_for_overwrite(std::size_t count) {
        if (count > capacity_) grow(count - size_);
        size_ = count;
    }

  private:
    void grow(std::size_t count);

    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace tandem
