// How the codec sees a type. Most std types are told by their face, so that their headers need not be
// included.
#pragma once
#include <algorithm>
#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <tandem/pool/decoder.hpp>

namespace tandem {

/// The customisation point of the codec: specialise it, next to the type, for what is neither a std type the
/// codec knows nor an aggregate of such.
///
///     template <>
///     struct tandem::codec<money> {
///         static void encode(encoder& out, const money& value) { tandem::encode(out, value.cents()); }
///         static money decode(decoder& in) { return money(tandem::decode<long>(in)); }
///     };
///
/// It must write at least one byte, and its decode must throw codec_error on bytes that are no such value.
template <class T> struct codec;

/// Says which values an enum has, where not every number is one: declare it next to the enum, and bytes that
/// are none of them throw codec_error. Without it, any value of the underlying type is taken.
///
///     enum class colour : char { red = 'r', green = 'g' };
///     constexpr bool is_enumerator(colour value) { return value == colour::red || value == colour::green; }
template <class E>
concept has_enumerators = std::is_enum_v<E> && requires(E value) {
    { is_enumerator(value) } -> std::same_as<bool>;
};

template <class T>
concept has_codec = requires(encoder& out, decoder& in, const T& value) {
    codec<T>::encode(out, value);
    { codec<T>::decode(in) } -> std::same_as<T>;
};

namespace detail {

template <class T, template <class...> class Template> constexpr bool is_made_of = false;
template <class... T, template <class...> class Template>
constexpr bool is_made_of<Template<T...>, Template> = true;

template <class T> constexpr bool is_std_array = false;
template <class T, std::size_t size> constexpr bool is_std_array<std::array<T, size>> = true;

/// What tells the kinds of std types apart.
namespace face {

template <class T>
concept chrono_duration = requires(const T& value) {
    typename T::rep;
    typename T::period;
    { value.count() } -> std::same_as<typename T::rep>;
};
template <class T>
concept chrono_time_point = requires(const T& value) {
    typename T::clock;
    { value.time_since_epoch() } -> chrono_duration;
};
template <class T>
concept file_path = requires(const T& value) {
    typename T::string_type;
    T::preferred_separator;
    { value.native() } -> std::same_as<const typename T::string_type&>;
};
template <class T>
concept container = requires(T& value) {
    typename T::value_type;
    { value.size() } -> std::convertible_to<std::size_t>;
    value.begin();
    value.end();
    value.clear();
};
template <class T>
concept has_keys = requires {
    typename T::key_type;
};
template <class T>
concept has_mapped = requires {
    typename T::mapped_type;
};
template <class T>
concept has_push_back = requires(T& value) {
    value.push_back(std::declval<typename T::value_type>());
};
template <class T>
concept set_or_map = container<T> && has_keys<T>;
template <class T>
concept map = set_or_map<T> && has_mapped<T>;
template <class T>
concept sequence = container<T> && !has_keys<T> && has_push_back<T>;

template <class T>
concept like_string_view = requires(T& value) {
    value.remove_prefix(1);
};
template <class T>
concept like_span = requires(T& value) {
    value.subspan(1);
};
template <class T>
concept view = like_string_view<T> || like_span<T>;

template <class T>
concept bit_set = requires(T& value) {
    value.flip();
    value.test(0);
    value.to_ullong();
};
template <class T>
concept complex_number = requires(const T& value) {
    typename T::value_type;
    { value.real() } -> std::same_as<typename T::value_type>;
    { value.imag() } -> std::same_as<typename T::value_type>;
};

template <class T>
concept tuple_like = requires {
    std::tuple_size<T>::value;
};

template <class T>
concept smart_pointer = requires(T& value) {
    value.get();
};
template <class T>
concept has_native_handle = requires(T& value) {
    value.native_handle();
};
template <class T>
concept stream = requires(T& value) {
    value.rdbuf();
};
template <class T>
concept coroutine = requires(T& value) {
    T::from_address(value.address());
}
|| requires(T&& value) {
    static_cast<T&&>(value).operator co_await();
};
template <class T>
concept handle = smart_pointer<T> || has_native_handle<T> || stream<T> || coroutine<T>;
template <class T>
concept reference_in_disguise = smart_pointer<T> && requires(T& value) {
    typename T::type;
    { value.get() } -> std::same_as<typename T::type&>;
};

} // namespace face

/// Calls `body` with the constants from 0 up to `count` - 1.
template <std::size_t count, class Body> constexpr decltype(auto) with_indices(const Body& body) {
    const auto call = [&]<std::size_t... index>(std::index_sequence<index...>)->decltype(auto) {
        return body(std::integral_constant<std::size_t, index>()...);
    };
    return call(std::make_index_sequence<count>());
}

enum class codec_kind {
    custom,
    boolean,
    /// Its bytes are the value: copied as they are, an array of them in one go.
    plain,
    /// An enum that says which values it has.
    checked_enum,
    extended,
    path,
    bits,
    optional,
    variant,
    array,
    tuple,
    container_type,
    /// An aggregate without members.
    empty,
    aggregate,
    // What is refused:
    pointer,
    member_pointer,
    reference,
    built_in_array,
    union_type,
    view_type,
    polymorphic,
    handle_type,
    unknown,
};

template <class T> consteval codec_kind codec_kind_of();

template <class T> constexpr bool is_plain = codec_kind_of<T>() == codec_kind::plain;

/// Plain are aggregates of plain members with no padding between them, whose bytes would carry chance memory.
template <class T> consteval bool is_plain_aggregate() {
    if constexpr (!std::is_trivially_copyable_v<T>)
        return false;
    else
        return with_indices<boost::pfr::tuple_size_v<T>>([](auto... index) {
            return (is_plain<std::remove_cv_t<boost::pfr::tuple_element_t<index, T>>> && ...) &&
                   (sizeof(boost::pfr::tuple_element_t<index, T>) + ... + 0) == sizeof(T);
        });
}

template <class T> consteval codec_kind codec_kind_of() {
    using enum codec_kind;
    if constexpr (std::is_reference_v<T>)
        return reference;
    else if constexpr (has_codec<T>)
        return custom;
    else if constexpr (std::is_same_v<T, bool>)
        return boolean;
    else if constexpr (std::is_same_v<T, long double>)
        return extended;
    else if constexpr (std::is_arithmetic_v<T>)
        return plain;
    else if constexpr (has_enumerators<T>)
        return checked_enum;
    else if constexpr (std::is_enum_v<T>)
        return std::is_same_v<std::underlying_type_t<T>, bool> ? boolean : plain;
    else if constexpr (std::is_member_pointer_v<T>)
        return member_pointer;
    else if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T> || std::is_function_v<T>)
        return pointer;
    else if constexpr (std::is_array_v<T>)
        return built_in_array;
    else if constexpr (std::is_union_v<T>)
        return union_type;
    else if constexpr (!std::is_class_v<T>)
        return unknown;
    else if constexpr (face::file_path<T>)
        return path;
    else if constexpr (face::chrono_duration<T> || face::chrono_time_point<T>)
        return is_plain<typename T::rep> ? plain : unknown;
    else if constexpr (face::bit_set<T>)
        return bits;
    else if constexpr (face::complex_number<T>)
        return is_plain<typename T::value_type> && std::is_trivially_copyable_v<T> ? plain : unknown;
    else if constexpr (is_made_of<T, std::optional>)
        return optional;
    else if constexpr (is_made_of<T, std::variant>)
        return variant;
    else if constexpr (is_std_array<T>)
        return is_plain<typename T::value_type> && std::tuple_size_v<T> != 0 ? plain : array;
    else if constexpr (face::view<T>)
        return view_type;
    else if constexpr (face::tuple_like<T>)
        return tuple;
    else if constexpr (face::set_or_map<T> || face::sequence<T>)
        return container_type;
    else if constexpr (std::is_polymorphic_v<T>)
        return polymorphic;
    else if constexpr (face::reference_in_disguise<T>)
        return reference;
    else if constexpr (!std::is_aggregate_v<T>)
        return face::handle<T> ? handle_type : unknown;
    else if constexpr (std::is_empty_v<T>)
        return empty;
    else if constexpr (is_plain_aggregate<T>())
        return plain;
    else
        return aggregate;
}

/// The bytes that a std::bitset takes, eight bits each; one for an empty one, like everything.
template <class T> constexpr std::size_t bit_bytes = T().size() == 0 ? 1 : (T().size() + 7) / 8;

/// How many bytes the shortest encoding of a `T` takes: what a claim of many elements is held against. (A
/// recursive type recurs through a container, whose own least does not depend on its elements.)
template <class T> consteval std::size_t least_bytes() {
    using enum codec_kind;
    constexpr codec_kind kind = codec_kind_of<T>();
    if constexpr (kind == plain || kind == checked_enum) {
        return sizeof(T);
    } else if constexpr (kind == container_type || kind == path) {
        return sizeof(std::uint64_t);
    } else if constexpr (kind == bits) {
        return bit_bytes<T>;
    } else if constexpr (kind == variant) {
        return with_indices<std::variant_size_v<T>>([](auto... index) {
            std::size_t least = static_cast<std::size_t>(-1);
            ((least = std::min(least, least_bytes<std::variant_alternative_t<index, T>>())), ...);
            return sizeof(std::uint32_t) + least;
        });
    } else if constexpr (kind == array) {
        constexpr std::size_t size = std::tuple_size_v<T>;
        return size == 0 ? 1 : size * least_bytes<typename T::value_type>();
    } else if constexpr (kind == tuple) {
        constexpr std::size_t size = std::tuple_size_v<T>;
        const std::size_t least = with_indices<size>([](auto... index) {
            return (least_bytes<std::remove_cv_t<std::tuple_element_t<index, T>>>() + ... + 0);
        });
        return size == 0 ? 1 : least;
    } else if constexpr (kind == aggregate) {
        return with_indices<boost::pfr::tuple_size_v<T>>([](auto... index) {
            return (least_bytes<std::remove_cv_t<boost::pfr::tuple_element_t<index, T>>>() + ...);
        });
    } else {
        return 1;
    }
}

/// Stops the compiler with the cure where `T` cannot travel.
template <class T> consteval codec_kind checked_kind() {
    constexpr codec_kind kind = codec_kind_of<T>();
    static_assert(
        kind != codec_kind::pointer,
        "tandem: a pointer means nothing in another process; pass the value, a std::vector or a std::string");
    static_assert(
        kind != codec_kind::member_pointer,
        "tandem: a pointer to member cannot travel; pass a function or a captureless lambda instead");
    static_assert(kind != codec_kind::reference,
                  "tandem: a reference means nothing in another process; pass the value itself");
    static_assert(kind != codec_kind::built_in_array,
                  "tandem: a built-in array cannot travel; use std::array, std::string or std::vector");
    static_assert(kind != codec_kind::union_type,
                  "tandem: nobody can tell which member of a union is in use; use std::variant");
    static_assert(
        kind != codec_kind::view_type,
        "tandem: a view (string_view, span) does not own what it shows; use std::string or std::vector");
    static_assert(kind != codec_kind::polymorphic, "tandem: a class with virtual functions cannot travel; "
                                                   "use std::variant, or specialise tandem::codec");
    static_assert(
        kind != codec_kind::handle_type,
        "tandem: a handle (smart pointer, stream, thread, lock, task) belongs to its process; pass the value "
        "behind it, a file by its path");
    static_assert(kind != codec_kind::unknown, "tandem: this class is neither an aggregate nor a std type "
                                               "the codec knows; specialise tandem::codec");
    if constexpr (kind == codec_kind::aggregate)
        static_assert(
            std::is_move_assignable_v<T>,
            "tandem: an aggregate with const or reference members cannot travel; make them plain values, or "
            "specialise tandem::codec");
    return kind;
}

} // namespace detail

} // namespace tandem
