// Values of every kind that the codec knows, and what has to hold for any bytes that somebody takes for one.
#pragma once
#include <tandem/base/error.hpp>
#include <tandem/pool/codec.hpp>
#include <tandem/pool/errors.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace test {

enum class suit : std::uint16_t { clubs = 1, hearts = 700 };
constexpr bool is_enumerator(suit value) {
    return value == suit::clubs || value == suit::hearts;
}

struct spot {
    double x = 0;
    double y = 0;
};
struct empty_part {};
struct record {
    std::string name;
    int age = 0;
    suit card = suit::clubs;
    std::vector<std::string> tags;
    std::optional<spot> home;
    std::variant<int, std::string, empty_part> id;
    bool flag = false;
    empty_part nothing;
};
struct branch {
    int value = 0;
    std::vector<branch> below;
};
struct either_way {
    std::variant<int, std::vector<either_way>> held;
    std::map<std::string, either_way> named;
};

/// Does not join by its members.
class guarded {
  public:
    explicit guarded(long value)
        : value_(value) {}
    long value() const { return value_; }

  private:
    long value_;
};

} // namespace test

template <> struct tandem::codec<test::guarded> {
    static void encode(encoder& out, const test::guarded& value) { tandem::encode(out, value.value()); }
    static test::guarded decode(decoder& in) {
        const long value = tandem::decode<long>(in);
        if (value < 0) throw codec_error("guarded: negative");
        return test::guarded(value);
    }
};

namespace test {

inline std::exception_ptr an_error_of_many() {
    std::vector<std::exception_ptr> errors;
    errors.push_back(std::make_exception_ptr(std::domain_error("one")));
    errors.push_back(std::make_exception_ptr(tandem::remote_error("type", "two")));
    errors.push_back(std::make_exception_ptr(
        std::filesystem::filesystem_error("copy", "from", std::make_error_code(std::errc::is_a_directory))));
    return std::make_exception_ptr(tandem::exception_group("several", std::move(errors)));
}

/// The samples, as one tuple.
inline auto codec_samples() {
    const record one{"Ada", 36, suit::hearts, {"countess", ""}, spot{1, 2}, std::string("lovelace"),
                     true,  {}};
    const branch tree{1, {branch{2, {}}, branch{3, {branch{4, {}}}}}};
    either_way nested;
    nested.held = std::vector<either_way>(2);
    nested.named["x"] = either_way{};
    std::array<std::string, 20> texts;
    texts[7] = "seven";
    return std::tuple(
        true, std::int16_t{-3}, 0.25, std::string("text"), suit::hearts, std::vector<bool>{true, false, true},
        std::vector<std::string>{"a", "", "c"}, std::vector<spot>{{1, 2}, {3, 4}}, std::deque<int>{1, 2, 3},
        std::list<std::string>{"x", "yy"}, std::array<int, 3>{1, 2, 3}, texts, std::bitset<13>(0x1a2b),
        std::complex<float>(1, 2), std::set<int>{1, 2, 3}, std::multiset<char>{'a', 'a'},
        std::unordered_set<std::string>{"a", "b"},
        std::map<std::string, std::vector<int>>{{"one", {1}}, {"two", {2, 4}}},
        std::unordered_map<int, std::string>{{1, "one"}, {2, "two"}},
        std::multimap<int, bool>{{1, true}, {1, false}}, std::pair(1, std::string("x")),
        std::tuple(1, 'c', std::vector<int>{4}), std::tuple<>(), std::optional<std::string>("x"),
        std::variant<int, std::string, std::monostate>(std::monostate()), std::chrono::milliseconds(5),
        std::chrono::system_clock::time_point(std::chrono::seconds(7)), std::filesystem::path("/tmp/x"), one,
        std::vector<record>{one, one}, tree, nested, guarded(199),
        std::vector<guarded>{guarded(1), guarded(2)}, std::make_error_code(std::errc::broken_pipe),
        std::make_exception_ptr(std::runtime_error("failed")),
        std::make_exception_ptr(std::system_error(2, std::generic_category(), "open")), an_error_of_many(),
        tandem::result<int>::success(4), tandem::result<std::string>::failure(an_error_of_many()),
        tandem::result<>::success(), std::vector<tandem::result<>>(1, tandem::result<>::success()));
}

using codec_sample_types = decltype(codec_samples());
constexpr std::size_t codec_sample_count = std::tuple_size_v<codec_sample_types>;

template <class T> tandem::encoder encode_sample(const T& value) {
    tandem::encoder out;
    tandem::encode(out, value);
    return out;
}

/// Takes `bytes` for a `T`. Returns false where they are refused; throws, or ends in a sanitizer, where
/// something is wrong.
template <class T> bool survives(const std::uint8_t* bytes, std::size_t size) {
    std::optional<T> value;
    try {
        tandem::decoder in(bytes, size);
        value.emplace(tandem::decode<T>(in));
        in.finish();
    } catch (const tandem::codec_error&) {
        return false;
    }
    // What was read is a whole value: it goes out, and comes back the same.
    const tandem::encoder first = encode_sample(*value);
    tandem::decoder in(first.data(), first.size());
    const tandem::encoder second = encode_sample(tandem::decode<T>(in));
    in.finish();
    if (first.size() != second.size()) throw std::logic_error("a value changed on its way");
    return true;
}

/// The same for the sample's type with number `which`.
template <std::size_t index = 0>
bool survives(std::size_t which, const std::uint8_t* bytes, std::size_t size) {
    if constexpr (index < codec_sample_count) {
        if (which == index) return survives<std::tuple_element_t<index, codec_sample_types>>(bytes, size);
        return survives<index + 1>(which, bytes, size);
    } else {
        return false;
    }
}

/// The samples' encodings.
inline std::vector<std::vector<std::uint8_t>> encoded_samples() {
    std::vector<std::vector<std::uint8_t>> all;
    std::apply(
        [&](const auto&... value) {
            const auto add = [&](const tandem::encoder& bytes) {
                const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
                all.emplace_back(first, first + bytes.size());
            };
            (add(encode_sample(value)), ...);
        },
        codec_samples());
    return all;
}

} // namespace test
