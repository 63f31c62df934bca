// The patterns of tandem-get, by curl's rules.
#include "download/url_pattern.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using names = std::vector<std::string>;

namespace {

names all_of(std::string_view text) {
    url_pattern pattern(text);
    names all;
    while (auto url = pattern.next())
        all.push_back(*url);
    CHECK(all.size() == pattern.count());
    return all;
}

void check_refused(std::string_view text, const std::string& cause) {
    INFO(text);
    CHECK_THROWS_WITH(url_pattern(text), Contains(std::string(text)) && Contains(cause));
}

} // namespace

TEST_CASE("a URL without sets and ranges stands for itself") {
    CHECK(all_of("http://example/a?b=c#d") == names{"http://example/a?b=c#d"});
    CHECK(all_of("") == names{""});
}

TEST_CASE("a set stands for each of its texts") {
    CHECK(all_of("http://{one,two}.example/") == names{"http://one.example/", "http://two.example/"});
    CHECK(all_of("{only}") == names{"only"});
    CHECK(all_of("x{,y}") == names{"x", "xy"});
}

TEST_CASE("a range of numbers keeps the zeros that its first has") {
    CHECK(all_of("[8-11]") == names{"8", "9", "10", "11"});
    CHECK(all_of("[08-11]") == names{"08", "09", "10", "11"});
    CHECK(all_of("[098-101]") == names{"098", "099", "100", "101"});
    CHECK(all_of("[0-1]") == names{"0", "1"});
    CHECK(all_of("[7-7]") == names{"7"});
}

TEST_CASE("a range of letters goes from one to the other") {
    CHECK(all_of("[a-c]") == names{"a", "b", "c"});
    CHECK(all_of("[X-Z]") == names{"X", "Y", "Z"});
}

TEST_CASE("a range with a step leaves out what lies between") {
    CHECK(all_of("[0-100:50]") == names{"0", "50", "100"});
    CHECK(all_of("[0-99:50]") == names{"0", "50"});
    CHECK(all_of("[a-g:3]") == names{"a", "d", "g"});
}

TEST_CASE("of several sets and ranges the last changes first") {
    CHECK(all_of("{a,b}[1-2]{x,y}") == names{"a1x", "a1y", "a2x", "a2y", "b1x", "b1y", "b2x", "b2y"});
}

TEST_CASE("after the last URL there is none, however often one asks") {
    url_pattern pattern("[1-2]");
    CHECK(pattern.next() == "1");
    CHECK(pattern.next() == "2");
    CHECK_FALSE(pattern.next());
    CHECK_FALSE(pattern.next());
    CHECK(pattern.fill_in("#1") == "2");
}

TEST_CASE("a backslash takes the meaning of a bracket away, and stays elsewhere") {
    CHECK(all_of(R"(\{a,b\}\[1-2\])") == names{"{a,b}[1-2]"});
    CHECK(all_of(R"({a\,b,c\}})") == names{"a,b", "c}"});
    CHECK(all_of(R"(a\b)") == names{R"(a\b)"});
}

TEST_CASE("an IPv6 address is no range") {
    CHECK(all_of("http://[::1]:8080/[1-2]") == names{"http://[::1]:8080/1", "http://[::1]:8080/2"});
    CHECK(all_of("http://me@[fe80::1%25eth0]/") == names{"http://me@[fe80::1%25eth0]/"});
}

TEST_CASE("a range of a billion is not made before it is asked for") {
    url_pattern pattern("http://example/[0-999999999]/[1-9]");
    CHECK(pattern.count() == 9'000'000'000);
    CHECK(pattern.next() == "http://example/0/1");
}

TEST_CASE("a name takes over what the sets and ranges of its URL had") {
    url_pattern pattern("http://{one,two}/[01-02]");
    pattern.next();
    pattern.next();
    CHECK(pattern.fill_in("#1-#2.jpg") == "one-02.jpg");
    CHECK(pattern.fill_in("#2#2") == "0202");
    CHECK(pattern.fill_in("#3 #0 # #") == "#3 #0 # #");
}

TEST_CASE("what is no pattern is refused with its place and the cause") {
    check_refused("a{b", "character 2: a { without its }");
    check_refused("a[1-2", "character 2: a [ without its ]");
    check_refused("ab}", "character 3: an unmatched }");
    check_refused("]", "an unmatched ]");
    check_refused("{}", "an empty set");
    check_refused("{a,{b,c}}", "cannot hold another");
    check_refused("[]", "a range is written as");
    check_refused("[1]", "a range is written as");
    check_refused("[1-]", "from number to number");
    check_refused("[a-1]", "from number to number");
    check_refused("[1-1x]", "from number to number");
    check_refused("[5-1]", "ends before it begins");
    check_refused("[1-5:0]", "above 0");
    check_refused("[1-5:]", "above 0");
    check_refused("[0-18446744073709551615]", "too long");
    check_refused("[0-18446744073709551616]", "from number to number");
    check_refused("[1-9999999999][1-9999999999]", "more URLs than can be counted");
}
