#include <catch2/catch.hpp>

#include <tandem/pool/carry_exception.hpp>
#include <tandem/pool/errors.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>

namespace {

template <class T> tandem::encoder encoded(const T& value) {
    tandem::encoder out;
    tandem::encode(out, value);
    return out;
}

template <class T> T decoded(const void* bytes, std::size_t size) {
    tandem::decoder in(bytes, size);
    T value = tandem::decode<T>(in);
    in.finish();
    return value;
}

template <class T> T there_and_back(const T& value) {
    const tandem::encoder bytes = encoded(value);
    return decoded<T>(bytes.data(), bytes.size());
}

enum class colour : std::uint8_t { red = 1, green = 200 };
enum plain_enum { one = 1, two = 2 };
enum class letter : char { a = 'a', b = 'b' };
constexpr bool is_enumerator(letter value) {
    return value == letter::a || value == letter::b;
}
struct labelled {
    letter label;
    char number;
    bool operator==(const labelled&) const = default;
};

struct point {
    double x;
    double y;
    bool operator==(const point&) const = default;
};
struct padded {
    char letter;
    double number;
    bool operator==(const padded&) const = default;
};
struct nothing {
    bool operator==(const nothing&) const = default;
};
struct person {
    std::string name;
    int age = 0;
    std::vector<std::string> nicknames;
    std::optional<point> home;
    std::variant<int, std::string> id;
    bool operator==(const person&) const = default;
};
struct tree {
    int value = 0;
    std::vector<tree> children;
    bool operator==(const tree&) const = default;
};

class money {
  public:
    explicit money(long cents)
        : cents_(cents) {}
    long cents() const { return cents_; }
    bool operator==(const money&) const = default;

  private:
    long cents_;
};

class unmarked {
  public:
    explicit unmarked(int value)
        : value_(value) {}
    int value() const { return value_; }

  private:
    int value_;
};

class of_its_own : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
const tandem::carry_exception<of_its_own> carry_of_its_own;

/// The exception that arrives where `error` is sent.
template <class E> std::exception_ptr arrived(const E& error) {
    return there_and_back(std::make_exception_ptr(error));
}

person ada() {
    return {"Ada", 36, {"countess", ""}, point{1, 2}, std::string("lovelace")};
}

} // namespace

template <> struct tandem::codec<money> {
    static void encode(encoder& out, const money& value) { tandem::encode(out, value.cents()); }
    static money decode(decoder& in) {
        const long cents = tandem::decode<long>(in);
        if (cents < 0) throw codec_error("money: debts are not carried");
        return money(cents);
    }
};

TEST_CASE("numbers, enums and strings come back as they went") {
    CHECK(there_and_back(true));
    CHECK_FALSE(there_and_back(false));
    CHECK(there_and_back('x') == 'x');
    CHECK(there_and_back(std::numeric_limits<std::int64_t>::min()) ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(there_and_back(0.1F) == 0.1F);
    CHECK(there_and_back(0.1L) == 0.1L);
    CHECK(there_and_back(colour::green) == colour::green);
    CHECK(there_and_back(two) == two);
    CHECK(there_and_back(std::string("a\0b", 3)) == std::string("a\0b", 3));
    CHECK(there_and_back(std::string()).empty());
    CHECK(there_and_back(std::u16string(u"grün")) == u"grün");
}

TEST_CASE("containers come back as they went") {
    CHECK(there_and_back(std::vector<int>{1, 2, 3}) == std::vector<int>{1, 2, 3});
    CHECK(there_and_back(std::vector<int>()).empty());
    CHECK(there_and_back(std::vector<bool>{true, false, true}) == std::vector<bool>{true, false, true});
    CHECK(there_and_back(std::vector<std::byte>(3, std::byte{7})) == std::vector<std::byte>(3, std::byte{7}));
    CHECK(there_and_back(std::vector<std::string>{"a", "", "c"}) == std::vector<std::string>{"a", "", "c"});
    CHECK(there_and_back(std::deque<int>{1, 2}) == std::deque<int>{1, 2});
    CHECK(there_and_back(std::list<std::string>{"x"}) == std::list<std::string>{"x"});
    CHECK(there_and_back(std::set<int>{3, 1, 2}) == std::set<int>{1, 2, 3});
    CHECK(there_and_back(std::multiset<int>{1, 1}) == std::multiset<int>{1, 1});
    CHECK(there_and_back(std::unordered_set<std::string>{"a", "b"}) ==
          std::unordered_set<std::string>{"a", "b"});
    const std::map<std::string, std::vector<int>> squares = {{"one", {1}}, {"two", {2, 4}}};
    CHECK(there_and_back(squares) == squares);
    const std::unordered_map<int, std::string> names = {{1, "one"}, {2, "two"}};
    CHECK(there_and_back(names) == names);
    const std::multimap<int, int> pairs = {{1, 1}, {1, 2}};
    CHECK(there_and_back(pairs) == pairs);
}

TEST_CASE("what std puts together comes back as it went") {
    CHECK(there_and_back(std::array<int, 3>{1, 2, 3}) == std::array<int, 3>{1, 2, 3});
    CHECK(there_and_back(std::array<std::string, 2>{"a", "b"}) == std::array<std::string, 2>{"a", "b"});
    CHECK(there_and_back(std::array<int, 0>()).empty());
    CHECK(there_and_back(std::pair(1, std::string("x"))) == std::pair(1, std::string("x")));
    CHECK(there_and_back(std::tuple(1, 'c', std::vector<int>{4})) == std::tuple(1, 'c', std::vector<int>{4}));
    CHECK(there_and_back(std::tuple<>()) == std::tuple<>());
    CHECK(there_and_back(std::optional<int>()) == std::nullopt);
    CHECK(there_and_back(std::optional<std::string>("x")) == "x");
    const std::variant<int, std::string, std::monostate> held = std::monostate();
    CHECK(there_and_back(held) == held);
    CHECK(there_and_back(std::chrono::milliseconds(5)) == std::chrono::milliseconds(5));
    const auto now = std::chrono::system_clock::now();
    CHECK(there_and_back(now) == now);
    CHECK(there_and_back(std::filesystem::path("/tmp/ä b")) == std::filesystem::path("/tmp/ä b"));
    CHECK(there_and_back(std::complex<double>(1, -2)) == std::complex<double>(1, -2));
    CHECK(there_and_back(std::bitset<13>(0x1555)) == std::bitset<13>(0x1555));
    CHECK(there_and_back(std::bitset<64>(~0ull)).all());
    CHECK(encoded(std::bitset<13>()).size() == 2);
    CHECK(there_and_back(std::bitset<0>()).none());
    std::array<std::string, 40> texts;
    texts[39] = "last";
    CHECK(there_and_back(texts) == texts);
    CHECK(there_and_back(std::make_error_code(std::errc::broken_pipe)) == std::errc::broken_pipe);
}

TEST_CASE("a result comes back with its value or its error") {
    using tandem::result;
    CHECK(there_and_back(result<int>::success(3)).value() == 3);
    CHECK(there_and_back(result<>::success()).has_value());
    auto failed = result<std::string>::failure(std::make_exception_ptr(std::out_of_range("beyond")));
    CHECK_THROWS_AS(there_and_back(failed).value(), std::out_of_range);
    CHECK(there_and_back(failed).what() == "beyond");
    CHECK(there_and_back(std::vector{result<int>::success(1), result<int>::success(2)})[1].value() == 2);
    CHECK_THROWS_WITH(encoded(result<int>()), Catch::Contains("no outcome yet"));
}

TEST_CASE("an exception comes back as its own type, also from inside of others") {
    CHECK(there_and_back(std::exception_ptr()) == nullptr);
    CHECK_THROWS_AS(std::rethrow_exception(arrived(std::domain_error("x"))), std::domain_error);
    CHECK_THROWS_AS(std::rethrow_exception(arrived(of_its_own("x"))), of_its_own);
    CHECK_THROWS_AS(std::rethrow_exception(arrived(42)), tandem::remote_error);
    CHECK_THROWS_AS(std::rethrow_exception(arrived(tandem::deadlock_error("x"))), tandem::deadlock_error);

    tandem::worker_exit how;
    how.pid = 12;
    how.signal = 9;
    how.last_words = "goodbye";
    // Twice: what stands for an exception whose text std would make up again travels on as it does.
    const auto twice = there_and_back(arrived(tandem::worker_died("job 1", how)));
    CHECK(tandem::describe(twice) == tandem::worker_died("job 1", how).what());
    try {
        std::rethrow_exception(twice);
    } catch (const tandem::worker_died& error) {
        CHECK(error.how().pid == 12);
        CHECK(error.last_words() == "goodbye");
    }

    const std::vector errors{std::make_exception_ptr(of_its_own("one")),
                             std::make_exception_ptr(tandem::remote_error("type", "two"))};
    const tandem::exception_group group("several\n", errors);
    const auto back = arrived(group);
    CHECK(tandem::describe(back) == group.what());
    try {
        std::rethrow_exception(back);
    } catch (const tandem::exception_group& several) {
        REQUIRE(several.errors().size() == 2);
        CHECK_THROWS_AS(std::rethrow_exception(several.errors()[0]), of_its_own);
        CHECK_THROWS_AS(std::rethrow_exception(several.errors()[1]), tandem::remote_error);
    }
}

TEST_CASE("an exception that turns out not to travel leaves the rest of the value whole") {
    class own_category final : public std::error_category {
        const char* name() const noexcept override { return "own"; }
        std::string message(int) const override { return "own message"; }
    };
    const own_category category;
    const std::system_error stays(5, category, "no way");
    const std::pair both(std::vector{std::make_exception_ptr(stays)}, ada());
    const auto back = there_and_back(both);
    CHECK(back.second == both.second);
    CHECK_THROWS_AS(std::rethrow_exception(back.first.at(0)), tandem::remote_error);
    CHECK_THROWS_AS(encoded(std::error_code(5, category)), tandem::codec_error);
}

TEST_CASE("aggregates come back as they went") {
    CHECK(there_and_back(point{1.5, -2}) == point{1.5, -2});
    CHECK(there_and_back(padded{'x', 3}) == padded{'x', 3});
    CHECK(there_and_back(nothing()) == nothing());
    CHECK(there_and_back(ada()) == ada());
    CHECK(there_and_back(std::vector<point>{{1, 2}, {3, 4}}) == std::vector<point>{{1, 2}, {3, 4}});
    CHECK(there_and_back(std::vector<padded>{{'a', 2}, {'b', 4}}) == std::vector<padded>{{'a', 2}, {'b', 4}});
    CHECK(there_and_back(std::vector<nothing>(3)).size() == 3);
    const tree family{1, {tree{2, {}}, tree{3, {tree{4, {}}}}}};
    CHECK(there_and_back(family) == family);
}

TEST_CASE("padding never leaves the process") {
    CHECK(encoded(padded{'x', 3}).size() == sizeof(char) + sizeof(double));
    CHECK(encoded(0.1L).size() == tandem::detail::extended_bytes);
}

TEST_CASE("a type of one's own joins by its codec, and may refuse bytes") {
    CHECK(there_and_back(money(199)) == money(199));
    CHECK(there_and_back(std::vector<money>{money(1), money(2)}) == std::vector<money>{money(1), money(2)});
    CHECK_THROWS_AS(there_and_back(money(-1)), tandem::codec_error);
    CHECK(tandem::has_codec<money>);
    CHECK_FALSE(tandem::has_codec<unmarked>);
}

TEST_CASE("bytes cut short anywhere are an error") {
    const tandem::encoder bytes = encoded(std::vector<person>{ada(), ada()});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        // A copy of that size, so that a read beyond it is seen by the sanitizer.
        const std::vector<std::byte> part(bytes.data(), bytes.data() + size);
        CHECK_THROWS_AS(decoded<std::vector<person>>(part.data(), part.size()), tandem::codec_error);
    }
}

TEST_CASE("bytes left over are an error") {
    tandem::encoder bytes = encoded(7);
    bytes.write_value('x');
    CHECK_THROWS_WITH(decoded<int>(bytes.data(), bytes.size()), Catch::Contains("1 bytes left over"));
}

TEST_CASE("a length beyond the end of the bytes allocates nothing") {
    for (const std::uint64_t count : {std::uint64_t{1} << 62, ~std::uint64_t{0}, std::uint64_t{9}}) {
        tandem::encoder bytes;
        bytes.write_count(static_cast<std::size_t>(count));
        bytes.write_value(std::uint64_t{0});
        CHECK_THROWS_AS(decoded<std::string>(bytes.data(), bytes.size()), tandem::codec_error);
        CHECK_THROWS_AS(decoded<std::vector<double>>(bytes.data(), bytes.size()), tandem::codec_error);
        CHECK_THROWS_AS(decoded<std::vector<person>>(bytes.data(), bytes.size()), tandem::codec_error);
        CHECK_THROWS_AS((decoded<std::map<int, int>>(bytes.data(), bytes.size())), tandem::codec_error);
        CHECK_THROWS_AS(decoded<std::vector<nothing>>(bytes.data(), bytes.size()), tandem::codec_error);
        CHECK_THROWS_AS(decoded<std::vector<std::tuple<>>>(bytes.data(), bytes.size()), tandem::codec_error);
    }
}

TEST_CASE("values that are none are an error") {
    const std::uint8_t neither = 2;
    CHECK_THROWS_AS(decoded<bool>(&neither, 1), tandem::codec_error);
    CHECK_THROWS_AS(decoded<std::optional<nothing>>(&neither, 1), tandem::codec_error);
    const tandem::encoder index = encoded(std::uint32_t{3});
    CHECK_THROWS_AS((decoded<std::variant<int, char>>(index.data(), index.size())), tandem::codec_error);
}

TEST_CASE("an enum that says which values it has takes no others") {
    CHECK(there_and_back(letter::b) == letter::b);
    CHECK(there_and_back(labelled{letter::a, '1'}) == labelled{letter::a, '1'});
    const char none = 'c';
    CHECK_THROWS_WITH(decoded<letter>(&none, 1), Catch::Contains("enumerator"));
    CHECK_THROWS_AS(decoded<labelled>("c1", 2), tandem::codec_error);
}

TEST_CASE("a set or map in which a key comes twice is an error, not a smaller one") {
    const auto twice = encoded(std::vector<int>{4, 4});
    CHECK_THROWS_AS(decoded<std::set<int>>(twice.data(), twice.size()), tandem::codec_error);
    CHECK_THROWS_AS(decoded<std::unordered_set<int>>(twice.data(), twice.size()), tandem::codec_error);
    CHECK(decoded<std::multiset<int>>(twice.data(), twice.size()).size() == 2);
    const auto pairs = encoded(std::vector<std::pair<int, int>>{{1, 2}, {1, 3}});
    CHECK_THROWS_AS((decoded<std::map<int, int>>(pairs.data(), pairs.size())), tandem::codec_error);
    CHECK((decoded<std::multimap<int, int>>(pairs.data(), pairs.size())).size() == 2);
}

TEST_CASE("a bit beyond the size of a bitset is an error") {
    const std::uint8_t bits[] = {0xff, 0x20};
    CHECK_THROWS_AS(decoded<std::bitset<13>>(bits, 2), tandem::codec_error);
}

TEST_CASE("a claim of more elements than the bytes can hold is refused at once") {
    // 100 bytes could be 100 empty records of one byte, but never 100 strings of eight.
    tandem::encoder bytes;
    bytes.write_count(100);
    for (int i = 0; i < 100; ++i)
        bytes.write_value(std::uint8_t{0});
    tandem::decoder in(bytes.data(), bytes.size());
    CHECK_THROWS_WITH(tandem::decode<std::vector<std::string>>(in), Catch::Contains("end before"));
    CHECK(in.remaining() == 100);
    CHECK(decoded<std::vector<nothing>>(bytes.data(), bytes.size()).size() == 100);
}

TEST_CASE("exceptions inside of exceptions end at the depth limit") {
    auto inner = std::make_exception_ptr(std::runtime_error("core"));
    for (int level = 0; level < 100; ++level)
        inner = std::make_exception_ptr(tandem::exception_group("around", std::vector{inner}));
    // What nests deeper is told as a remote_error.
    const auto back = there_and_back(inner);
    CHECK_THROWS_AS(std::rethrow_exception(back), tandem::exception_group);
    CHECK(tandem::describe(back) == tandem::describe(inner));
}

TEST_CASE("values nested too deep are an error on both sides") {
    tree deep;
    for (int level = 0; level < 100; ++level) {
        std::vector<tree> below;
        below.push_back(std::move(deep));
        deep = tree{level, std::move(below)};
    }
    CHECK_THROWS_AS(encoded(deep), tandem::codec_error);

    tandem::encoder bytes;
    for (int level = 0; level < 100'000; ++level) {
        tandem::encode(bytes, level);
        bytes.write_count(1);
    }
    CHECK_THROWS_WITH(decoded<tree>(bytes.data(), bytes.size()), Catch::Contains("64 levels"));
}

TEST_CASE("random bytes decode to a value or a codec_error") {
    std::uint32_t state = 12345;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::uint8_t> bytes(state % 64);
        for (auto& byte : bytes) {
            state = state * 1664525 + 1013904223;
            // Mostly small numbers: lengths that could be true lead further in.
            byte = state >> 29 == 0 ? static_cast<std::uint8_t>(state >> 8)
                                    : static_cast<std::uint8_t>(state >> 30);
        }
        state = state * 1664525 + 1013904223;
        try {
            const auto people = decoded<std::vector<person>>(bytes.data(), bytes.size());
            CHECK(encoded(people).size() == bytes.size());
        } catch (const tandem::codec_error&) {
        }
    }
}
