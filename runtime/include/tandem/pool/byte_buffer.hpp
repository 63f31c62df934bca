// Bytes on their way between two processes.
#pragma once
#include <cstddef>
#include <cstring>
#include <utility>

#include <tandem/base/config.hpp>
#include <tandem/pool/shared_region.hpp>

namespace tandem {

/// A growing run of bytes. Unlike a std::vector it can be filled from a socket without being zeroed first,
/// and a large one grows by moving its pages. Move-only.
class TANDEM_API byte_buffer {
  public:
    byte_buffer() noexcept = default;
    byte_buffer(byte_buffer&& other) noexcept
        : bytes_(std::exchange(other.bytes_, nullptr))
        , size_(std::exchange(other.size_, 0))
        , capacity_(std::exchange(other.capacity_, 0))
        , region_(std::move(other.region_)) {}
    /// Shows `size` bytes of `region`, at `bytes`.
    byte_buffer(detail::region_pointer region, std::byte* bytes, std::size_t size) noexcept
        : bytes_(bytes)
        , size_(size)
        , capacity_(size)
        , region_(std::move(region)) {}
    byte_buffer& operator=(byte_buffer&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        std::swap(region_, other.region_);
        return *this;
    }
    ~byte_buffer();

    std::byte* data() noexcept { return bytes_; }
    const std::byte* data() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return size_; }
    /// The memory that it is in, if that is shared: what grows large does so in that of the payload_scope.
    const detail::region_pointer& region() const noexcept { return region_; }

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
    bool grow_shared(std::size_t capacity);

    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    /// Owns the bytes where it is not null; else they are malloc's.
    detail::region_pointer region_;
};

} // namespace tandem
