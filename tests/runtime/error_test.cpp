#include <catch2/catch.hpp>

#include <tandem/base/error.hpp>
#include <tandem/base/intrusive_list.hpp>
#include <tandem/base/result.hpp>

using tandem::describe;
using tandem::exception_group;
using tandem::result;

namespace {

template <class Error> std::exception_ptr make(Error error) {
    return std::make_exception_ptr(std::move(error));
}

struct no_std_exception {};

struct tag;
struct item : tandem::detail::list_hook<tag> {
    explicit item(int v)
        : value(v) {}
    int value;
};

std::vector<int> values(tandem::detail::intrusive_list<item, tag>& list) {
    std::vector<int> all;
    list.for_each([&](item& each) { all.push_back(each.value); });
    return all;
}

} // namespace

TEST_CASE("a result holds a value or an error, and says which") {
    auto good = result<int>::success(3);
    CHECK(good.has_value());
    CHECK(good.value() == 3);
    CHECK(*good == 3);
    CHECK_FALSE(good.error());
    CHECK(good.what().empty());
    auto bad = result<int>::failure(make(std::domain_error("bad")));
    CHECK_FALSE(bad);
    CHECK(bad.error());
    CHECK(bad.what() == "bad");
    CHECK_THROWS_AS(bad.value(), std::domain_error);
    CHECK_THROWS_AS(std::move(bad).value(), std::domain_error);
}

TEST_CASE("a result holds nothing, a reference, a value that only moves, or an exception as a value") {
    auto nothing = result<>::success();
    CHECK(nothing);
    nothing.value();
    int place = 1;
    auto reference = result<int&>::success(place);
    CHECK(&reference.value() == &place);
    auto pointer = result<std::unique_ptr<int>>::success(std::make_unique<int>(5));
    CHECK(**pointer == 5);
    auto taken = std::move(pointer).value();
    CHECK(*taken == 5);
    auto stored = result<std::exception_ptr>::success(make(std::runtime_error("a value")));
    CHECK(stored.has_value());
    CHECK(describe(stored.value()) == "a value");
    auto text = result<std::string>::success("text");
    CHECK(text->size() == 4);
}

TEST_CASE("a result that was given nothing yet refuses to be read") {
    result<int> empty;
    CHECK_FALSE(empty);
    CHECK_THROWS_AS(empty.value(), tandem::usage_error);
}

TEST_CASE("an error describes itself, one that is no std::exception by its type") {
    CHECK(describe(make(std::runtime_error("text"))) == "text");
    CHECK(describe(make(5)) == "int");
    CHECK(describe(make(no_std_exception())).find("no_std_exception") != std::string::npos);
    CHECK(describe(nullptr) == "no error");
    CHECK(std::string(tandem::timed_out().what()) == "timed out");
}

TEST_CASE("an exception_group prints its errors as a tree") {
    const exception_group inner("2 mirrors failed",
                                {make(std::runtime_error("refused")), make(std::runtime_error("a\nb"))});
    const exception_group outer("3 downloads failed",
                                {make(std::runtime_error("first")), make(inner), make(tandem::timed_out())});
    CHECK(std::string(outer.what()) == "3 downloads failed\n"
                                       "├─ first\n"
                                       "├─ 2 mirrors failed\n"
                                       "│  ├─ refused\n"
                                       "│  └─ a\n"
                                       "│     b\n"
                                       "└─ timed out");
    CHECK(outer.errors().size() == 3);
    CHECK(std::string(exception_group("none", {}).what()) == "none");
}

TEST_CASE("an intrusive list is first in, first out, and items leave it by themselves") {
    tandem::detail::intrusive_list<item, tag> list, other;
    item one(1), two(2), three(3);
    {
        item gone(9);
        list.push_back(one);
        list.push_back(gone);
        list.push_back(two);
        CHECK(values(list) == std::vector<int>{1, 9, 2});
    }
    CHECK(values(list) == std::vector<int>{1, 2});
    other.push_back(three);
    list.splice_back(other);
    list.splice_back(other);
    CHECK(other.empty());
    CHECK(values(list) == std::vector<int>{1, 2, 3});
    CHECK(list.pop_front().value == 1);
    CHECK_FALSE(one.is_linked());
    two.unlink();
    two.unlink();
    CHECK(values(list) == std::vector<int>{3});
}

TEST_CASE("a list that goes away leaves its items free") {
    item one(1);
    {
        tandem::detail::intrusive_list<item, tag> list;
        list.push_back(one);
        CHECK(one.is_linked());
    }
    CHECK_FALSE(one.is_linked());
}
