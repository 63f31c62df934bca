// What may lie in memory that several processes use at a time.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include <tandem/pool/codec_kind.hpp>

namespace tandem::detail {

/// What a member of an aggregate is probed with: something that can become any type, and something that can
/// only become a pointer.
struct becomes_anything {
    template <class T> operator T() const noexcept;
};
struct becomes_pointer {
    template <class T> operator T*() const noexcept;
    template <class T, class C> operator T C::*() const noexcept;
};
template <std::size_t> using anything_at = becomes_anything;

/// Whether the place `at` of so many initialisers is the first of a built-in array's: `{}` stands for all of
/// it then, and the others are too many. PFR counts each element as a member, and cannot name the members.
template <class T, std::size_t size, std::size_t at> consteval bool begins_array() {
    const auto probe = []<std::size_t... before, std::size_t... after>(std::index_sequence<before...>,
                                                                       std::index_sequence<after...>) {
        return requires {
            T{anything_at<before>()..., {}, anything_at<after>()...};
        };
    };
    return !probe(std::make_index_sequence<at>(), std::make_index_sequence<size - at - 1>());
}
template <class T, std::size_t size, std::size_t at = 0> consteval bool has_built_in_array() {
    if constexpr (at == size)
        return false;
    else if constexpr (begins_array<T, size, at>())
        return true;
    else
        return has_built_in_array<T, size, at + 1>();
}
template <class T, std::size_t size> consteval bool takes_pointer() {
    return with_indices<size>([](auto... index) {
        const auto probe = []<std::size_t... before>(std::index_sequence<before...>) {
            return requires {
                T{anything_at<before>()..., becomes_pointer()};
            };
        };
        return (probe(std::make_index_sequence<index>()) || ...);
    });
}

/// Larger aggregates are taken at their word: looking into them takes the compiler too long.
inline constexpr std::size_t looked_into = 256;

template <class T> consteval codec_kind kind_when_shared();

template <class T> consteval codec_kind worst_member() {
    constexpr std::size_t size = boost::pfr::tuple_size_v<T>;
    if constexpr (has_built_in_array<T, size>()) {
        return takes_pointer<T, size>() ? codec_kind::pointer : codec_kind::plain;
    } else {
        return with_indices<size>([](auto... index) {
            codec_kind worst = codec_kind::plain;
            const auto look = [&](codec_kind kind) {
                if (worst == codec_kind::plain) worst = kind;
            };
            (look(kind_when_shared<std::remove_cv_t<boost::pfr::tuple_element_t<index, T>>>()), ...);
            return worst;
        });
    }
}

/// `plain` where nothing speaks against it, else why it must stay in its process.
template <class T> consteval codec_kind kind_when_shared() {
    using enum codec_kind;
    if constexpr (std::is_reference_v<T>)
        return reference;
    else if constexpr (std::is_member_pointer_v<T>)
        return member_pointer;
    else if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T> || std::is_function_v<T>)
        return pointer;
    else if constexpr (std::is_array_v<T>)
        return kind_when_shared<std::remove_all_extents_t<T>>();
    else if constexpr (!std::is_class_v<T>)
        return plain;
    else if constexpr (std::is_polymorphic_v<T>)
        return polymorphic;
    else if constexpr (face::view<T>)
        return view_type;
    else if constexpr (face::reference_in_disguise<T>)
        return reference;
    else if constexpr (!std::is_trivially_copyable_v<T> || !std::is_copy_constructible_v<T>)
        return unknown;
    else if constexpr (is_std_array<T> || is_made_of<T, std::optional>)
        return kind_when_shared<typename T::value_type>();
    else if constexpr (!std::is_aggregate_v<T>)
        return face::handle<T> ? handle_type : plain;
    else if constexpr (std::is_empty_v<T> || sizeof(T) > looked_into)
        return plain;
    else
        return worst_member<T>();
}

/// Stops the compiler with the cure where `T` cannot lie in shared memory.
template <class T> consteval bool check_shareable() {
    static_assert(std::is_same_v<T, std::remove_cv_t<T>>,
                  "tandem: what is shared is neither const nor volatile");
    constexpr codec_kind kind = kind_when_shared<T>();
    static_assert(kind != codec_kind::pointer && kind != codec_kind::member_pointer,
                  "tandem: a pointer means nothing in another process; share the value, or an index");
    static_assert(kind != codec_kind::reference,
                  "tandem: a reference means nothing in another process; share the value itself");
    static_assert(
        kind != codec_kind::view_type,
        "tandem: a view (string_view, span) means nothing in another process; share a std::array, or "
        "a shared_array");
    static_assert(kind != codec_kind::polymorphic,
                  "tandem: a class with virtual functions cannot be shared; share its plain members");
    static_assert(kind != codec_kind::handle_type,
                  "tandem: a handle (smart pointer, stream, thread, lock, task) belongs to its process and "
                  "cannot be shared");
    static_assert(
        kind != codec_kind::unknown,
        "tandem: only what can be copied byte by byte (trivially copyable) can be shared; send text "
        "and containers through a process_queue");
    return true;
}

} // namespace tandem::detail
