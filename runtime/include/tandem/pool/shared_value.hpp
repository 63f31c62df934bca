// A value that several processes change.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

#include <tandem/pool/codec.hpp>
#include <tandem/pool/shareable.hpp>
#include <tandem/pool/shared_cell.hpp>
#include <tandem/pool/shared_object.hpp>

namespace tandem {

namespace detail {

template <class T> consteval bool is_lock_free() {
    constexpr bool fits = sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8;
    // Padding has no value to compare by.
    if constexpr (fits && (std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>))
        return std::atomic_ref<T>::is_always_lock_free;
    else
        return false;
}

template <class T>
concept number = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

} // namespace detail

/// A value in memory that this process shares with the workers of its pools. As an argument or a result, and
/// as a part of one, it travels by reference:
///
///     void count(const std::string& text, tandem::shared_value<long> words);     // words.fetch_add(…)
///
///     tandem::shared_value<long> words(0);
///     for (auto& text : texts) jobs.push_back(cpu.submit(count, text, words));
///     …
///     std::cout << words.load();
///
/// Copying it copies a reference; the value lives as long as somebody, in any process, refers to it. All
/// members are atomic and may be called by any thread of any process at a time. `T` is trivially copyable and
/// without pointers. Numbers, enums and what else fits into 8 bytes without padding are changed by the
/// processor's atomic instructions. Larger values are copied, at most one writer at a time; a process that
/// dies while it writes leaves the value as it was before, and holds up nobody.
///
/// It may be made in the process of the pool, and there also be given to pool options' initializer and
/// preload, or by a job in a worker, on the thread that runs it, to be returned. It cannot go through a
/// process_queue, nor to the workers of another process' pool: that throws codec_error, and so does the
/// call of a pool whose workers see no shared memory (`process_pool_options::shared_memory(0)`, a limit on
/// their address space). It takes 64 KiB of that memory, however small it is: many together belong into a
/// struct or a shared_array.
template <class T> class shared_value {
    static_assert(detail::check_shareable<T>());

  public:
    using value_type = T;
    /// Changed by the processor's atomic instructions.
    static constexpr bool is_lock_free = detail::is_lock_free<T>();

    /// Throws std::system_error where there is no shared memory to have.
    explicit shared_value(const T& value)
        : region_(object.make(memory_size())) {
        if constexpr (is_lock_free)
            new (&place()) T(value);
        else
            detail::shared_cell::make(region_, &value, sizeof(T));
    }
    shared_value() requires std::default_initializable<T> : shared_value(T()) {}

    T load() const noexcept {
        if constexpr (is_lock_free)
            return atomic().load();
        else
            return versioned().value();
    }
    void store(const T& value) const {
        if constexpr (is_lock_free)
            atomic().store(value);
        else
            cell().store(&value);
    }
    /// Replaces the value and returns the one before.
    T exchange(const T& value) const {
        if constexpr (is_lock_free) {
            return atomic().exchange(value);
        } else {
            copy before;
            cell().exchange(&value, before.bytes.data());
            return before.value();
        }
    }
    /// Replaces the value if it is `expected`, bit by bit, and returns true; else has `expected` be what it
    /// is.
    bool compare_exchange(T& expected, const T& desired) const noexcept requires is_lock_free {
        return atomic().compare_exchange_strong(expected, desired);
    }

    /// They return the value before. Of integers they wrap around.
    T fetch_add(T change) const noexcept requires detail::number<T> && is_lock_free {
        return atomic().fetch_add(change);
    }
    T fetch_sub(T change) const noexcept requires detail::number<T> && is_lock_free {
        return atomic().fetch_sub(change);
    }

    /// Has `change` make a new value of the present one, in place (`[](T& value) { … }`) or as its result,
    /// and returns that. It works on a copy and holds nothing meanwhile, so that it may take its time, throw
    /// or die without any harm to others; where somebody else was faster it is called again with what that
    /// has left. What only one may do at a time needs a process_mutex.
    template <class F>
        requires std::invocable<F&, T&> T update(F&& change)
    const {
        if constexpr (is_lock_free) {
            T seen = load();
            while (true) {
                T next = changed(change, seen);
                if (compare_exchange(seen, next)) return next;
            }
        } else {
            while (true) {
                const copy seen = versioned();
                const T next = changed(change, seen.value());
                if (cell().replace(seen.version, &next)) return next;
            }
        }
    }

    /// How many copies of this object refer to the value, in this process.
    long use_count() const noexcept { return region_.use_count(); }

  private:
    friend codec<shared_value>;

    static constexpr detail::shared_object object{"shared_value", detail::shared_kind::value, sizeof(T)};

    /// What was read, and when.
    struct copy {
        std::array<std::byte, sizeof(T)> bytes;
        std::uint64_t version = 0;
        T value() const noexcept { return std::bit_cast<T>(bytes); }
    };

    explicit shared_value(detail::region_pointer region) noexcept
        : region_(std::move(region)) {}

    static std::size_t memory_size() noexcept {
        if constexpr (is_lock_free)
            return sizeof(detail::shared_head) + sizeof(T);
        else
            return detail::shared_cell::memory_for(sizeof(T));
    }
    template <class F> static T changed(F& change, T value) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, T&>>) {
            std::invoke(change, value);
            return value;
        } else {
            return std::invoke(change, value);
        }
    }
    T& place() const noexcept { return detail::at_place<T>(region_, sizeof(detail::shared_head)); }
    std::atomic_ref<T> atomic() const noexcept { return std::atomic_ref<T>(place()); }
    detail::shared_cell cell() const noexcept { return detail::shared_cell(region_, sizeof(T)); }
    copy versioned() const noexcept {
        copy seen;
        seen.version = cell().load(seen.bytes.data());
        return seen;
    }

    detail::region_pointer region_;
};

template <class T> struct codec<shared_value<T>> {
    static void encode(encoder& out, const shared_value<T>& value) {
        shared_value<T>::object.encode(out, value.region_);
    }
    static shared_value<T> decode(decoder& in) {
        return shared_value<T>(shared_value<T>::object.decode(in, shared_value<T>::memory_size()));
    }
};

} // namespace tandem
