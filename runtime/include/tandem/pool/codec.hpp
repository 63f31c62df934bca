// Values to bytes and back, for what crosses from one process to another.
//
// Known are: arithmetic types, complex, enums, std::string, vector, deque, list, array, bitset, pair, tuple,
// optional, variant, the sets and maps, chrono durations and time points, filesystem::path, error_code,
// exception_ptr, tandem::result, and aggregates of all these (through Boost.PFR), recursive ones too. Others
// join by specialising tandem::codec; an enum tells its values by is_enumerator. What cannot mean the same
// elsewhere (pointers, references, views, handles) is refused by the compiler with the cure.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <tandem/pool/codec_kind.hpp>
#include <tandem/pool/codec_std.hpp>

namespace tandem {

/// Appends `value` to `out`. Throws codec_error for a variant without a value or values nested deeper than 64
/// levels.
template <class T> void encode(encoder& out, const T& value);

/// Reads a `T` back, as `encode` wrote it. Any bytes are safe to read: what is no `T` throws codec_error, and
/// memory is only allocated for elements that are there: no more than sizeof(element), and what a node adds,
/// for each time that the shortest encoding of the element fits into the bytes.
template <class T> [[nodiscard]] T decode(decoder& in);

namespace detail {

/// The bytes of a long double that hold its value; the others are padding.
inline constexpr std::size_t extended_bytes =
    std::numeric_limits<long double>::digits == 64 ? 10 : sizeof(long double);

template <class T>
concept contiguous = requires(T& value, std::size_t count) {
    value.data();
    value.resize(count);
};
template <class T>
concept contiguous_plain = contiguous<T> && is_plain<typename T::value_type>;

template <class T> void encode_container(encoder& out, const T& value) {
    using element = typename T::value_type;
    out.write_count(value.size());
    if constexpr (contiguous_plain<T>) {
        out.write(value.data(), value.size() * sizeof(element));
    } else if constexpr (face::map<T>) {
        for (const auto& [key, mapped] : value) {
            tandem::encode(out, key);
            tandem::encode(out, mapped);
        }
    } else {
        // The cast turns the proxies of vector<bool> into values.
        for (const auto& each : value)
            tandem::encode(out, static_cast<const element&>(each));
    }
}

template <class T> T decode_plain_elements(decoder& in) {
    using element = typename T::value_type;
    const std::size_t count = in.read_count(sizeof(element));
    const std::byte* bytes = in.take(count * sizeof(element));
    if constexpr (sizeof(element) == 1) {
        const auto* first = reinterpret_cast<const element*>(bytes);
        return T(first, first + count);
    } else {
        T elements;
        elements.resize(count);
        if (count != 0) std::memcpy(elements.data(), bytes, count * sizeof(element));
        return elements;
    }
}

template <class T> consteval std::size_t least_element_bytes() {
    if constexpr (face::map<T>)
        return least_bytes<typename T::key_type>() + least_bytes<typename T::mapped_type>();
    else
        return least_bytes<typename T::value_type>();
}

/// Inserting into these tells whether the key was new.
template <class T>
concept has_unique_keys = requires(T& value, const typename T::value_type& element) {
    value.insert(element).second;
};

template <class T> T decode_container(decoder& in) {
    if constexpr (contiguous_plain<T>) {
        return decode_plain_elements<T>(in);
    } else {
        // More than the bytes at hand is not reserved on a mere claim.
        const std::size_t count = in.read_count(least_element_bytes<T>());
        T elements;
        if constexpr (requires { elements.reserve(count); })
            elements.reserve(std::min(count, in.remaining() / sizeof(typename T::value_type) + 1));
        for (std::size_t done = 0; done < count; ++done) {
            if constexpr (face::map<T>) {
                auto key = tandem::decode<typename T::key_type>(in);
                elements.emplace_hint(elements.end(), std::move(key),
                                      tandem::decode<typename T::mapped_type>(in));
            } else if constexpr (face::set_or_map<T>) {
                elements.emplace_hint(elements.end(), tandem::decode<typename T::key_type>(in));
            } else {
                elements.push_back(tandem::decode<typename T::value_type>(in));
            }
            if constexpr (has_unique_keys<T>)
                if (elements.size() != done + 1) throw_bad_value("set or map: a key comes twice");
        }
        return elements;
    }
}

template <class T> void encode_variant(encoder& out, const T& value) {
    if (value.valueless_by_exception()) throw_bad_value("variant: it has lost its value");
    out.write_value(static_cast<std::uint32_t>(value.index()));
    std::visit([&](const auto& held) { tandem::encode(out, held); }, value);
}

template <class T, std::size_t index = 0> T decode_variant(decoder& in, std::uint32_t which) {
    if constexpr (index == std::variant_size_v<T>) {
        throw_bad_value("variant");
    } else {
        if (which != index) return decode_variant<T, index + 1>(in, which);
        return T(std::in_place_index<index>, tandem::decode<std::variant_alternative_t<index, T>>(in));
    }
}

template <class T> void encode_tuple(encoder& out, const T& value) {
    // An empty tuple takes a byte like everything else.
    if constexpr (std::tuple_size_v<T> == 0) out.write_value(std::uint8_t{0});
    with_indices<std::tuple_size_v<T>>(
        [&](auto... index) { (tandem::encode(out, std::get<index>(value)), ...); });
}

template <class T> void encode_array(encoder& out, const T& value) {
    // An empty one takes a byte like everything else.
    if constexpr (std::tuple_size_v<T> == 0) out.write_value(std::uint8_t{0});
    for (const auto& each : value)
        tandem::encode(out, each);
}

template <class T> T decode_tuple(decoder& in);

template <class T> T decode_array(decoder& in) {
    // Long ones by a loop: the compiler would take its time over so many arguments.
    if constexpr (std::tuple_size_v < T >> 16 && std::is_default_constructible_v<T>) {
        T value{};
        for (auto& each : value)
            each = tandem::decode<typename T::value_type>(in);
        return value;
    } else {
        return decode_tuple<T>(in);
    }
}

template <class T> void encode_bits(encoder& out, const T& value) {
    for (std::size_t byte = 0; byte < bit_bytes<T>; ++byte) {
        std::uint8_t bits = 0;
        for (std::size_t bit = 0; bit < 8 && byte * 8 + bit < value.size(); ++bit)
            bits = static_cast<std::uint8_t>(bits | value.test(byte * 8 + bit) << bit);
        out.write_value(bits);
    }
}

template <class T> T decode_bits(decoder& in) {
    T value;
    for (std::size_t byte = 0; byte < bit_bytes<T>; ++byte) {
        const auto bits = in.read_value<std::uint8_t>();
        for (std::size_t bit = 0; bit < 8; ++bit) {
            if ((bits >> bit & 1) == 0) continue;
            if (byte * 8 + bit >= value.size()) throw_bad_value("bitset: a bit beyond its size");
            value.set(byte * 8 + bit);
        }
    }
    return value;
}

template <class T> T decode_tuple(decoder& in) {
    if constexpr (std::tuple_size_v<T> == 0) in.take(1);
    return with_indices<std::tuple_size_v<T>>([&](auto... index) {
        return T{tandem::decode<std::remove_cv_t<std::tuple_element_t<index, T>>>(in)...};
    });
}

template <class T> T decode_aggregate(decoder& in) {
    return with_indices<boost::pfr::tuple_size_v<T>>([&](auto... index) {
        return T{tandem::decode<std::remove_cv_t<boost::pfr::tuple_element_t<index, T>>>(in)...};
    });
}

inline bool decode_bool(decoder& in) {
    const auto byte = in.read_value<std::uint8_t>();
    if (byte > 1) throw_bad_value("bool");
    return byte == 1;
}

} // namespace detail

template <class T> void encode(encoder& out, const T& value) {
    using enum detail::codec_kind;
    constexpr auto kind = detail::checked_kind<T>();
    if constexpr (kind == boolean) {
        out.write_value(static_cast<std::uint8_t>(value));
    } else if constexpr (kind == plain || kind == checked_enum) {
        out.write_value(value);
    } else if constexpr (kind == extended) {
        out.write(&value, detail::extended_bytes);
    } else if constexpr (kind == empty) {
        out.write_value(std::uint8_t{0});
    } else if constexpr (kind == path) {
        tandem::encode(out, value.native());
    } else {
        out.enter();
        if constexpr (kind == custom) codec<T>::encode(out, value);
        if constexpr (kind == optional) {
            out.write_value(static_cast<std::uint8_t>(value.has_value()));
            if (value) tandem::encode(out, *value);
        }
        if constexpr (kind == variant) detail::encode_variant(out, value);
        if constexpr (kind == bits) detail::encode_bits(out, value);
        if constexpr (kind == array) detail::encode_array(out, value);
        if constexpr (kind == tuple) detail::encode_tuple(out, value);
        if constexpr (kind == container_type) detail::encode_container(out, value);
        if constexpr (kind == aggregate)
            boost::pfr::for_each_field(value, [&](const auto& field) { tandem::encode(out, field); });
        out.leave();
    }
}

namespace detail {

template <class T, codec_kind kind> T decode_nested(decoder& in) {
    using enum codec_kind;
    if constexpr (kind == custom) return codec<T>::decode(in);
    if constexpr (kind == optional) {
        if (!decode_bool(in)) return T();
        return T(std::in_place, tandem::decode<typename T::value_type>(in));
    }
    if constexpr (kind == variant) return decode_variant<T>(in, in.read_value<std::uint32_t>());
    if constexpr (kind == bits) return decode_bits<T>(in);
    if constexpr (kind == array) return decode_array<T>(in);
    if constexpr (kind == tuple) return decode_tuple<T>(in);
    if constexpr (kind == container_type) return decode_container<T>(in);
    if constexpr (kind == aggregate) return decode_aggregate<T>(in);
}

} // namespace detail

template <class T> T decode(decoder& in) {
    using enum detail::codec_kind;
    constexpr auto kind = detail::checked_kind<T>();
    if constexpr (kind == boolean) {
        return static_cast<T>(detail::decode_bool(in));
    } else if constexpr (kind == plain) {
        return in.read_value<T>();
    } else if constexpr (kind == checked_enum) {
        const T value = static_cast<T>(in.read_value<std::underlying_type_t<T>>());
        if (!is_enumerator(value)) detail::throw_bad_value("enumerator");
        return value;
    } else if constexpr (kind == extended) {
        long double value = 0;
        in.read(&value, detail::extended_bytes);
        return value;
    } else if constexpr (kind == empty) {
        in.take(1);
        return T{};
    } else if constexpr (kind == path) {
        return T(tandem::decode<typename T::string_type>(in));
    } else {
        in.enter();
        T value = detail::decode_nested<T, kind>(in);
        in.leave();
        return value;
    }
}

} // namespace tandem
