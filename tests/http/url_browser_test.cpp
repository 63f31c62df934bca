#include <catch2/catch.hpp>

#include <random>

#include <tandem/http/error.hpp>
#include <tandem/http/url.hpp>

#include "support/urls.hpp"

using tandem::http::bad_url;
using tandem::http::url;

namespace {

std::string spelled(std::string_view text) {
    return url(text).to_string();
}

std::string host_of(std::string_view text) {
    return std::string(url("http://" + std::string(text) + "/").host());
}

std::string trouble(std::string_view text) {
    try {
        return "accepted as " + url(text).to_string();
    } catch (const bad_url& error) {
        return std::string(error.cause());
    }
}

} // namespace

TEST_CASE("a host in another script becomes its xn-- form") {
    CHECK(host_of("b\xc3\xbc"
                  "cher.example") == "xn--bcher-kva.example");
    CHECK(host_of("B\xc3\x9c"
                  "CHER.example") == "xn--bcher-kva.example");
    CHECK(host_of("b%C3%BC"
                  "cher.example") == "xn--bcher-kva.example");
    CHECK(host_of("\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86\xe3\x82\xb9\xe3\x83\x88") ==
          "xn--r8jz45g.xn--zckzah");
    CHECK(host_of("xn--bcher-kva.example") == "xn--bcher-kva.example");
}

TEST_CASE("a host is mapped as browsers do it, not as in the days of transition") {
    CHECK(host_of("fa\xc3\x9f.example") == "xn--fa-hia.example");
    // An ideographic full stop and fullwidth letters.
    CHECK(host_of("\xef\xbd\x85x\xe3\x80\x82"
                  "org") == "ex.org");
}

TEST_CASE("a host that IDNA forbids is refused") {
    CHECK(trouble("http://\xe2\x98\x83\xe2\x80\xae/").starts_with("not a URL: its host name is none"));
    CHECK(trouble("http://\xff\xfe/").starts_with("not a URL: its host name is none"));
}

TEST_CASE("a fullwidth slash, at sign or colon does not move the host's end") {
    for (const char* mark : {"\xef\xbc\x8f", "\xef\xbc\xa0", "\xef\xbc\x9a", "\xef\xbc\x83"})
        CHECK(trouble("http://good.example" + std::string(mark) + "evil.example/").starts_with("not a URL"));
}

TEST_CASE("an IPv4 address has one spelling, whatever numbers it is written in") {
    for (const char* same :
         {"127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0X7F.1", "017700000001", "0177.0.0.1",
          "127.0.0.1.", "%31%32%37.0.0.1", "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1"})
        CHECK(host_of(same) == "127.0.0.1");
    CHECK(host_of("0") == "0.0.0.0");
    CHECK(host_of("256.example") == "256.example");
    CHECK(host_of("1.2.3.4.example") == "1.2.3.4.example");
}

TEST_CASE("a host that ends in a number and is no address is refused") {
    for (const char* none : {"256.0.0.1", "1.2.3.4.5", "127.0.0.08", "4294967296", "1..2", "a.1", "a.0x1"}) {
        INFO(none);
        CHECK(trouble("http://" + std::string(none) + "/") ==
              "not a URL: its host looks like an IPv4 address and is none");
    }
}

TEST_CASE("an IPv6 address has one spelling, and no zone") {
    CHECK(host_of("[2001:DB8:0:0:0:0:0:1]") == "2001:db8::1");
    CHECK(host_of("[0:0:0:0:0:0:0:1]") == "::1");
    CHECK(trouble("http://[fe80::1%25eth0]/") == "not a URL: its host or port is malformed");
    CHECK(trouble("http://[1.2.3.4]/") == "not a URL: its host or port is malformed");
    CHECK(trouble("http://[::1]x/") == "not a URL: its host or port is malformed");
    CHECK(trouble("http://[::1").starts_with("not a URL"));
    CHECK(url("http://[::1]:8080/").authority() == "[::1]:8080");
}

TEST_CASE("what is encoded already, and a stray percent sign, stay to the letter") {
    for (const char* same : {"http://h/100%", "http://h/%zz/%41", "http://h/%7Euser/~user", "http://h/%c3%A9",
                             "http://h/?q=%27%2F%20+a%", "http://h/a;b=c,d!$&'()*+@:"})
        CHECK(spelled(same) == same);
}

TEST_CASE("path and query are encoded by the sets of browsers, each by its own") {
    CHECK(spelled("http://h/ \"<>^`{}|[]'") == "http://h/%20%22%3C%3E%5E%60%7B%7D|[]'");
    CHECK(spelled("http://h/? \"<>^`{}|[]'") == "http://h/?%20%22%3C%3E^`{}|[]%27");
    CHECK(spelled("http://h/\xff?\xff") == "http://h/%FF?%FF");
}

TEST_CASE("the last at sign ends the user's name, and those before it are encoded") {
    url link("http://a@b:c d@h/");
    CHECK(link.host() == "h");
    CHECK(link.user_info() == "a%40b:c%20d");
    CHECK(url("http://good.example\\@evil.example/").host() == "good.example");
    CHECK(url("http://good.example#@evil.example/").host() == "good.example");
}

TEST_CASE("a fragment is kept beside the URL, and never sent") {
    url link("http://h/a#x y\"<>`");
    CHECK(link.fragment() == "x%20y%22%3C%3E%60");
    CHECK(link.target() == "/a");
    CHECK(link.to_string() == "http://h/a");
    CHECK(link == url("http://h/a"));
    CHECK(link.resolve("b#z").fragment() == "z");
    CHECK(link.resolve("b").fragment().empty());
    CHECK(link.with_fragment("q r").fragment() == "q%20r");
    CHECK_THROWS_AS(link.with_fragment("a\r\nb"), bad_url);
}

TEST_CASE("a backslash is a slash before the query, as in browsers") {
    CHECK(spelled("http:\\\\h\\a?b\\c") == "http://h/a?b\\c");
    CHECK(url("http://h/x").resolve("\\\\other\\y").to_string() == "http://other/y");
}

TEST_CASE("no line end, zero or other control character passes in any part of a URL") {
    for (const char bad : {'\0', '\r', '\n', '\t', '\x1b', '\x7f'}) {
        for (std::string text : {"http://u*p@h/x", "http://u:p@h*i/x", "http://h:8*0/x", "http://h/a*b",
                                 "http://h/?a*b", "http://h/#a*b", "ht*tp://h/"}) {
            text[text.find('*')] = bad;
            CHECK_THROWS_AS(url(text), bad_url);
            CHECK_THROWS_AS(url("http://base/").resolve(text), bad_url);
        }
    }
}

TEST_CASE("each of the fuzzer's samples, however it is mangled, keeps a URL's promises") {
    std::mt19937 random(20261124);
    const auto samples = test::url_samples();
    for (const auto& sample : samples) {
        INFO(sample);
        CHECK(test::broken_promise_of_text(sample) == "");
        for (int round = 0; round < 40; ++round) {
            std::string text = sample;
            for (int changes = 0; changes < 3; ++changes) {
                const auto place = random() % text.size();
                const auto& other = samples[random() % samples.size()];
                if (random() % 2 == 0)
                    text[place] = static_cast<char>(random());
                else
                    text.insert(place, other.substr(random() % other.size(), 3));
            }
            INFO(text);
            CHECK(test::broken_promise_of_text(text) == "");
        }
    }
}
