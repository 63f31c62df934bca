// Where encoded values are collected.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <tandem/pool/byte_buffer.hpp>

namespace tandem {

namespace detail {

/// How deep values may nest. A frame of the recursion takes a few hundred bytes of stack under sanitizers.
inline constexpr unsigned codec_depth_limit = 64;

[[noreturn]] TANDEM_API void throw_too_deep();

} // namespace detail

/// What `encode` appends to. Numbers stand in it as in memory: encoded values are for the same program on the
/// same kind of machine, not for files.
///
/// Move-only. Not thread safe.
class encoder {
  public:
    encoder() noexcept = default;
    /// Leaves `room` bytes free in front of the first value, for the header of a frame.
    explicit encoder(std::size_t room) { bytes_.resize_for_overwrite(room); }

    std::byte* data() noexcept { return bytes_.data(); }
    const std::byte* data() const noexcept { return bytes_.data(); }
    std::size_t size() const noexcept { return bytes_.size(); }

    /// A place to come back to when what follows cannot be encoded after all.
    class mark {
        friend encoder;
        std::size_t size = 0;
        unsigned depth = 0;
        std::size_t attached = 0;
    };
    mark here() const noexcept {
        mark place;
        place.size = bytes_.size();
        place.depth = depth_;
        place.attached = attached_.size();
        return place;
    }
    /// Forgets what has been appended since `place` was taken, and keeps the memory.
    void go_back(const mark& place) {
        bytes_.resize_for_overwrite(place.size);
        depth_ = place.depth;
        attached_.resize(place.attached);
    }
    /// Keeps what the bytes refer to for as long as this.
    void attach(detail::region_pointer region) { attached_.push_back(std::move(region)); }
    const std::vector<detail::region_pointer>& attached() const noexcept { return attached_; }
    /// The memory that the bytes are in, where that is shared.
    const detail::region_pointer& region() const noexcept { return bytes_.region(); }
    /// Hands over what has been encoded.
    byte_buffer release() noexcept { return std::move(bytes_); }

    void write(const void* from, std::size_t count) { bytes_.append(from, count); }
    /// Appends the bytes of a number or an enumerator.
    template <class T> void write_value(T value) {
        static_assert(std::is_trivially_copyable_v<T>);
        write(&value, sizeof value);
    }
    /// Appends how many elements follow.
    void write_count(std::size_t count) { write_value<std::uint64_t>(count); }

    /// To be called around the parts of a value that can nest. Throws codec_error when they nest too deep.
    void enter() {
        if (++depth_ > detail::codec_depth_limit) detail::throw_too_deep();
    }
    void leave() noexcept { --depth_; }

  private:
    byte_buffer bytes_;
    unsigned depth_ = 0;
    std::vector<detail::region_pointer> attached_;
};

} // namespace tandem
