// Many values that several processes work on.
#pragma once
#include <atomic>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <tandem/pool/codec.hpp>
#include <tandem/pool/shareable.hpp>
#include <tandem/pool/shared_object.hpp>
#include <tandem/pool/shared_value.hpp>

namespace tandem {

/// An array of a fixed size in memory that this process shares with the workers of its pools. It travels as a
/// shared_value does, by reference and to the same places:
///
///     void blur(tandem::shared_array<float> pixels, std::size_t first, std::size_t last);
///
///     tandem::shared_array<float> pixels(width * height);
///     co_await tandem::gather(cpu.run(blur, pixels, 0, middle), cpu.run(blur, pixels, middle,
///     pixels.size()));
///
/// Copying it copies a reference. Nothing is locked: two sides that use the same element at a time must not
/// write to it, but by `atomic`, or under a process_mutex. `T` is trivially copyable and without pointers.
/// What has been written before a job was started is seen by the job, and what the job wrote by who awaited
/// it.
template <class T> class shared_array {
    static_assert(detail::check_shareable<T>());
    static_assert(alignof(T) <= alignof(detail::shared_head),
                  "tandem: what is aligned to more than 64 bytes cannot be shared");

  public:
    using value_type = T;
    using iterator = T*;

    /// All of them `value`. Throws std::length_error, std::system_error where there is not so much shared
    /// memory: it is half of the machine's.
    shared_array(std::size_t size, const T& value)
        : region_(object.make(memory_size(size)))
        , size_(size) {
        std::uninitialized_fill_n(data(), size, value);
    }
    explicit shared_array(std::size_t size) requires std::default_initializable<T> : shared_array(size, T()) {
    }
    /// A copy of what is there.
    explicit shared_array(std::span<const T> values)
        : region_(object.make(memory_size(values.size())))
        , size_(values.size()) {
        std::uninitialized_copy_n(values.data(), size_, data());
    }

    T* data() const noexcept { return &detail::at_place<T>(region_, sizeof(detail::shared_head)); }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::span<T> span() const noexcept { return {data(), size_}; }
    T* begin() const noexcept { return data(); }
    T* end() const noexcept { return data() + size_; }
    T& operator[](std::size_t index) const noexcept { return data()[index]; }
    /// Throws std::out_of_range.
    T& at(std::size_t index) const {
        if (index >= size_)
            throw std::out_of_range("shared_array: element " + std::to_string(index) + " of " +
                                    std::to_string(size_));
        return data()[index];
    }
    /// An element that others may change at the same time.
    std::atomic_ref<T> atomic(std::size_t index) const noexcept requires(detail::is_lock_free<T>()) {
        return std::atomic_ref<T>(data()[index]);
    }

    /// How many copies of this object refer to the elements, in this process.
    long use_count() const noexcept { return region_.use_count(); }

  private:
    friend codec<shared_array>;

    static constexpr detail::shared_object object{"shared_array", detail::shared_kind::array, sizeof(T)};

    shared_array(detail::region_pointer region, std::size_t size) noexcept
        : region_(std::move(region))
        , size_(size) {}

    static bool fits(std::size_t size) noexcept {
        return size <=
               (std::numeric_limits<std::size_t>::max() / 2 - sizeof(detail::shared_head)) / sizeof(T);
    }
    static std::size_t memory_size(std::size_t size) {
        if (!fits(size)) throw std::length_error("shared_array: " + std::to_string(size) + " elements");
        return sizeof(detail::shared_head) + size * sizeof(T);
    }

    detail::region_pointer region_;
    std::size_t size_;
};

template <class T> struct codec<shared_array<T>> {
    static void encode(encoder& out, const shared_array<T>& value) {
        out.write_count(value.size_);
        shared_array<T>::object.encode(out, value.region_);
    }
    static shared_array<T> decode(decoder& in) {
        const auto size = in.read_value<std::uint64_t>();
        if (!shared_array<T>::fits(static_cast<std::size_t>(size)))
            detail::throw_bad_value("shared_array: too many elements");
        const auto count = static_cast<std::size_t>(size);
        return shared_array<T>(shared_array<T>::object.decode(in, shared_array<T>::memory_size(count)),
                               count);
    }
};

} // namespace tandem
