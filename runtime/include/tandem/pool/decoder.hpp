// Where encoded values are read from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <tandem/pool/codec_error.hpp>
#include <tandem/pool/encoder.hpp>

namespace tandem {

namespace detail {

[[noreturn]] TANDEM_API void throw_cut_short();
[[noreturn]] TANDEM_API void throw_bytes_left(std::size_t count);
[[noreturn]] TANDEM_API void throw_bad_value(const char* what);

} // namespace detail

/// Walks over bytes that it does not own. Never reads past their end, whatever they say: each member throws
/// codec_error instead.
class decoder {
  public:
    decoder(const void* bytes, std::size_t size) noexcept
        : next_(static_cast<const std::byte*>(bytes))
        , end_(next_ + size) {}

    std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - next_); }

    /// The next `count` bytes, in place; any alignment.
    const std::byte* take(std::size_t count) {
        if (count > remaining()) detail::throw_cut_short();
        const std::byte* taken = next_;
        next_ += count;
        return taken;
    }
    void read(void* to, std::size_t count) {
        const std::byte* from = take(count);
        if (count != 0) std::memcpy(to, from, count);
    }
    /// The next number or enumerator.
    template <class T> T read_value() {
        static_assert(std::is_trivially_copyable_v<T>);
        T value;
        read(&value, sizeof value);
        return value;
    }
    /// A count of elements that take at least `bytes_each` bytes: so many can follow, or it throws. Whoever
    /// allocates for that count cannot be made to allocate much.
    std::size_t read_count(std::size_t bytes_each = 1) {
        const auto count = read_value<std::uint64_t>();
        if (count > remaining() / bytes_each) detail::throw_cut_short();
        return static_cast<std::size_t>(count);
    }
    /// Throws codec_error unless every byte has been read.
    void finish() const {
        if (next_ != end_) detail::throw_bytes_left(remaining());
    }

    void enter() {
        if (++depth_ > detail::codec_depth_limit) detail::throw_too_deep();
    }
    void leave() noexcept { --depth_; }

  private:
    const std::byte* next_;
    const std::byte* end_;
    unsigned depth_ = 0;
};

} // namespace tandem
