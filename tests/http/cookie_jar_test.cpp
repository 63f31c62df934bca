#include <catch2/catch.hpp>

#include <stdexcept>
#include <thread>

#include <tandem/http/cookie_jar.hpp>

#include "support/cookies.hpp"

using tandem::http::cookie;
using tandem::http::cookie_jar;
using tandem::http::cookie_time;
using tandem::http::same_site;
using test::jar_in_time;

namespace {

/// What `to` gets after `from` has set each of `fields`.
std::string sent(std::initializer_list<std::string> fields, const char* to = "https://example.org/",
                 const char* from = "https://example.org/") {
    cookie_jar jar;
    for (const auto& each : fields)
        jar.store(from, each);
    return jar.header_for(to);
}

cookie stored(const std::string& field, const char* from = "https://example.org/") {
    cookie_jar jar;
    REQUIRE(jar.store(from, field));
    REQUIRE(jar.size() == 1);
    return jar.cookies().front();
}

bool is_stored(const std::string& field, const char* from = "https://example.org/") {
    cookie_jar jar;
    const bool done = jar.store(from, field);
    CHECK(done == (jar.size() == 1));
    return done;
}

} // namespace

TEST_CASE("a cookie goes back as it was set") {
    CHECK(sent({"SID=31d4d96e407aad42"}) == "SID=31d4d96e407aad42");
    CHECK(sent({"a=1; Path=/; HttpOnly", "b=2"}) == "a=1; b=2");
    CHECK(sent({"a=\"quoted value\""}) == "a=\"quoted value\"");
    CHECK(sent({"a=b=c"}) == "a=b=c");
    CHECK(sent({"a="}) == "a=");
    CHECK(sent({"  a \t= \t b c \t; Path=/"}) == "a=b c");
    CHECK(sent({"a=1,2; b=3"}) == "a=1,2");
}

TEST_CASE("a cookie without an equals sign has a value and no name") {
    CHECK(sent({"foo"}) == "foo");
    CHECK(sent({"=foo"}) == "foo");
    CHECK(sent({"foo; Secure"}) == "foo");
    CHECK(sent({"foo", "=bar"}) == "bar");
    CHECK_FALSE(is_stored(""));
    CHECK_FALSE(is_stored("="));
    CHECK_FALSE(is_stored("; Secure"));
}

TEST_CASE("a cookie with a control character is ignored, one with a tab is not") {
    CHECK_FALSE(is_stored(std::string("a=b\0c", 5)));
    CHECK_FALSE(is_stored("a=b\x01"));
    CHECK_FALSE(is_stored("a\x7f=b"));
    CHECK_FALSE(is_stored("a=b; Path=/\x1f"));
    CHECK(is_stored("a=b\tc"));
    CHECK(is_stored("a=\xc3\xa9"));
}

TEST_CASE("name and value of a cookie have 4096 bytes together, and an attribute's value 1024") {
    CHECK(is_stored("a=" + std::string(4095, 'x')));
    CHECK_FALSE(is_stored("a=" + std::string(4096, 'x')));
    CHECK(is_stored(std::string(4096, 'x') + "="));
    const auto path = "/" + std::string(1023, 'p');
    CHECK(stored("a=b; Path=" + path).path == path);
    CHECK(stored("a=b; Path=" + path + "p").path == "/");
    CHECK(stored("a=b; Path=/kept; Path=" + path + "p").path == "/kept");
}

TEST_CASE("a cookie without a domain is for its host only") {
    CHECK(sent({"a=b"}, "https://www.example.org/") == "");
    CHECK(sent({"a=b"}, "https://www.example.org/", "https://www.example.org/") == "a=b");
    CHECK(sent({"a=b; Domain="}, "https://www.example.org/") == "");
    CHECK(stored("a=b").host_only);
}

TEST_CASE("a cookie with a domain is for the hosts below it too") {
    for (const char* domain : {"example.org", ".example.org", "EXAMPLE.org"}) {
        const std::string field = std::string("a=b; Domain=") + domain;
        INFO(field);
        CHECK(sent({field}, "https://www.example.org/", "https://example.org/") == "a=b");
        CHECK(sent({field}, "https://x.y.example.org/", "https://www.example.org/") == "a=b");
        CHECK(sent({field}, "https://badexample.org/", "https://example.org/") == "");
        CHECK(sent({field}, "https://example.org.evil.example/", "https://example.org/") == "");
    }
}

TEST_CASE("a host sets no cookies for another, nor for one below it") {
    CHECK_FALSE(is_stored("a=b; Domain=example.com"));
    CHECK_FALSE(is_stored("a=b; Domain=www.example.org"));
    CHECK_FALSE(is_stored("a=b; Domain=ample.org"));
    CHECK_FALSE(is_stored("a=b; Domain=..example.org"));
    CHECK_FALSE(is_stored("a=b; Domain=b\xc3\xbc"
                          "cher.example"));
    CHECK(is_stored("a=b; Domain=example.com; Domain=example.org"));
    CHECK_FALSE(is_stored("a=b; Domain=example.org; Domain=example.com"));
}

TEST_CASE("public suffixes get no cookies, but for hosts that are one") {
    CHECK_FALSE(is_stored("a=b; Domain=org"));
    CHECK_FALSE(is_stored("a=b; Domain=co.uk", "https://shop.co.uk/"));
    CHECK(is_stored("a=b; Domain=shop.co.uk", "https://www.shop.co.uk/"));
    CHECK_FALSE(is_stored("a=b; Domain=github.io", "https://user.github.io/"));
    CHECK_FALSE(is_stored("a=b; Domain=xn--55qx5d.cn", "https://x.xn--55qx5d.cn/"));
    CHECK(stored("a=b; Domain=github.io", "https://github.io/").host_only);
    CHECK(stored("a=b; Domain=localhost", "https://localhost/").host_only);
    CHECK_FALSE(is_stored("a=b; Domain=localhost", "https://app.localhost/"));
}

TEST_CASE("the host of a cookie may be an address, which has nothing below it") {
    CHECK(sent({"a=b"}, "http://127.0.0.1:81/", "http://127.0.0.1:80/") == "a=b");
    CHECK(sent({"a=b; Domain=127.0.0.1"}, "http://127.0.0.1/", "http://127.0.0.1/") == "a=b");
    CHECK_FALSE(is_stored("a=b; Domain=0.0.1", "http://127.0.0.1/"));
    CHECK_FALSE(is_stored("a=b; Domain=1", "http://127.0.0.1/"));
    CHECK(sent({"a=b"}, "http://[::1]/", "http://[::1]/") == "a=b");
}

TEST_CASE("cookies do not know ports") {
    CHECK(sent({"a=b"}, "https://example.org:8443/", "https://example.org/") == "a=b");
}

TEST_CASE("a cookie without a path gets that of the page's folder") {
    CHECK(stored("a=b", "https://h.example/").path == "/");
    CHECK(stored("a=b", "https://h.example/page").path == "/");
    CHECK(stored("a=b", "https://h.example/folder/page?q=/x/y").path == "/folder");
    CHECK(stored("a=b", "https://h.example/folder/").path == "/folder");
    CHECK(stored("a=b; Path=", "https://h.example/folder/x").path == "/folder");
    CHECK(stored("a=b; Path=relative", "https://h.example/folder/x").path == "/folder");
    CHECK(stored("a=b; Path=/x; Path=", "https://h.example/folder/x").path == "/folder");
}

TEST_CASE("the path of a cookie is a whole folder") {
    const char* from = "https://example.org/";
    CHECK(sent({"a=b; Path=/docs"}, "https://example.org/docs", from) == "a=b");
    CHECK(sent({"a=b; Path=/docs"}, "https://example.org/docs/x", from) == "a=b");
    CHECK(sent({"a=b; Path=/docs/"}, "https://example.org/docs/x", from) == "a=b");
    CHECK(sent({"a=b; Path=/docs/"}, "https://example.org/docs", from) == "");
    CHECK(sent({"a=b; Path=/docs"}, "https://example.org/docsets", from) == "");
    CHECK(sent({"a=b; Path=/docs"}, "https://example.org/DOCS/", from) == "");
    CHECK(sent({"a=b; Path=/docs"}, "https://example.org/", from) == "");
}

TEST_CASE("a secure cookie is set and sent over https only") {
    CHECK(sent({"a=b; secure"}, "http://example.org/") == "");
    CHECK(sent({"a=b; Secure=no"}, "https://example.org/") == "a=b");
    CHECK_FALSE(is_stored("a=b; Secure", "http://example.org/"));
    CHECK(sent({"a=b"}, "http://example.org/") == "a=b");
}

TEST_CASE("a secure cookie is left alone by what comes over http") {
    cookie_jar jar;
    REQUIRE(jar.store("https://www.example.org/", "sid=good; Secure; Path=/account"));
    REQUIRE(jar.store("https://www.example.org/", "all=good; Secure; Domain=example.org"));
    CHECK_FALSE(jar.store("http://www.example.org/", "sid=evil; Path=/account"));
    CHECK_FALSE(jar.store("http://www.example.org/", "sid=evil; Path=/account/deeper"));
    CHECK_FALSE(jar.store("http://www.example.org/", "sid=evil; Path=/account; Domain=example.org"));
    CHECK_FALSE(jar.store("http://x.example.org/", "all=evil"));
    CHECK(jar.store("http://x.example.org/", "sid=other; Path=/account"));
    CHECK(jar.store("http://www.example.org/", "sid=other; Path=/"));
    CHECK(jar.store("http://www.example.org/", "other=fine; Path=/account"));
    CHECK(jar.header_for("https://www.example.org/account/") == "sid=good; other=fine; all=good; sid=other");
    CHECK(jar.store("https://www.example.org/", "sid=new; Path=/account"));
    CHECK(jar.header_for("http://www.example.org/account") == "sid=new; other=fine; sid=other");
}

TEST_CASE("a cookie keeps what its prefix promises") {
    CHECK(is_stored("__Secure-a=b; Secure"));
    CHECK_FALSE(is_stored("__Secure-a=b"));
    CHECK_FALSE(is_stored("__SECURE-a=b"));
    CHECK_FALSE(is_stored("__Secure-a=b; Secure", "http://example.org/"));
    CHECK(is_stored("__Host-a=b; Secure; Path=/"));
    CHECK_FALSE(is_stored("__Host-a=b; Secure"));
    CHECK_FALSE(is_stored("__Host-a=b; Secure; Path=/x"));
    CHECK_FALSE(is_stored("__Host-a=b; Path=/"));
    CHECK_FALSE(is_stored("__host-a=b; Secure; Path=/; Domain=example.org"));
    CHECK_FALSE(is_stored("__Host-a=b; Secure; Path=/; Domain=example.org"));
    CHECK_FALSE(is_stored("=__Host-a=b; Secure; Path=/"));
    CHECK_FALSE(is_stored("__secure-a; Secure; Path=/"));
    CHECK(is_stored("x__Secure-a=b"));
}

TEST_CASE("SameSite is kept, and enforced by nobody") {
    CHECK(stored("a=b").same_site == same_site::unset);
    CHECK(stored("a=b; SameSite=None").same_site == same_site::none);
    CHECK(stored("a=b; samesite=LAX").same_site == same_site::lax);
    CHECK(stored("a=b; SameSite=Strict").same_site == same_site::strict);
    CHECK(stored("a=b; SameSite=Strict; SameSite=what").same_site == same_site::unset);
}

TEST_CASE("a cookie ends at the date of Expires, or after Max-Age seconds, which goes before") {
    jar_in_time at;
    at.jar.store("https://h.example/", "date=1; Expires=" + test::date_in_an_hour);
    at.jar.store("https://h.example/", "age=1; Max-Age=60; Expires=" + test::date_in_an_hour);
    at.jar.store("https://h.example/", "late=1; Expires=" + test::date_in_an_hour + "; max-age=7200");
    at.jar.store("https://h.example/", "session=1");
    CHECK(at.jar.header_for("https://h.example/") == "date=1; age=1; late=1; session=1");
    at.now += std::chrono::seconds(59);
    CHECK(at.jar.header_for("https://h.example/") == "date=1; age=1; late=1; session=1");
    at.now += std::chrono::seconds(1);
    CHECK(at.jar.header_for("https://h.example/") == "date=1; late=1; session=1");
    at.now += std::chrono::minutes(59);
    CHECK(at.jar.header_for("https://h.example/") == "late=1; session=1");
    at.now += std::chrono::hours(1);
    CHECK(at.jar.header_for("https://h.example/") == "session=1");
    CHECK(at.jar.size() == 1);
}

TEST_CASE("a cookie that has ended already takes out the one there is") {
    for (const char* end :
         {"Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Max-Age=-99999999999999"}) {
        INFO(end);
        CHECK(sent({"a=b", "c=d", std::string("a=; ") + end}) == "c=d");
    }
    CHECK(sent({"a=b; Path=/x", "a=; Max-Age=0"}, "https://example.org/x") == "a=b");
}

TEST_CASE("an end of a cookie that cannot be read is no end") {
    for (const char* end :
         {"Max-Age=", "Max-Age=soon", "Max-Age=-", "Max-Age=1.5", "Max-Age=+5", "Expires=tomorrow"}) {
        INFO(end);
        CHECK_FALSE(stored(std::string("a=b; ") + end).expires.has_value());
    }
    jar_in_time at;
    at.jar.store("https://h.example/", "a=b; Max-Age=5; Max-Age=x");
    CHECK(at.jar.cookies().front().expires == at.now + std::chrono::seconds(5));
}

TEST_CASE("no cookie lives for more than 400 days") {
    jar_in_time at;
    const auto limit = at.now + std::chrono::hours(24 * 400);
    for (const char* end :
         {"Max-Age=99999999999999999999", "Max-Age=34560001", "Expires=01 Jan 9999 00:00:00"}) {
        at.jar.store("https://h.example/", std::string("a=b; ") + end);
        CHECK(at.jar.cookies().front().expires == limit);
    }
    at.jar.store("https://h.example/", "a=b; Max-Age=34559999");
    CHECK(at.jar.cookies().front().expires == limit - std::chrono::seconds(1));
}

TEST_CASE("longer paths come first, then what was set earlier") {
    CHECK(sent({"a=1", "b=2; Path=/x/y", "c=3; Path=/x", "d=4; Path=/x/y", "e=5"},
               "https://example.org/x/y/z") == "b=2; d=4; c=3; a=1; e=5");
}

TEST_CASE("a cookie that is set again keeps its place") {
    CHECK(sent({"a=1", "b=2", "a=3"}) == "a=3; b=2");
    CHECK(sent({"a=1", "a=2; Path=/x", "a=3; Domain=example.org"}, "https://example.org/x") ==
          "a=2; a=1; a=3");
}

TEST_CASE("of too many cookies of a domain those go first that are not secure, and not used for longest") {
    cookie_jar jar;
    jar.limits(3, 100);
    const char* here = "https://h.example/";
    jar.store(here, "a=1; Secure");
    jar.store(here, "b=2; Path=/b");
    jar.store(here, "c=3");
    CHECK(jar.header_for("https://h.example/b") == "b=2; a=1; c=3");
    jar.header_for(here); // uses a and c again
    jar.store(here, "d=4");
    CHECK(jar.header_for("https://h.example/b") == "a=1; c=3; d=4");
    jar.store(here, "e=5");
    CHECK(jar.header_for(here) == "a=1; d=4; e=5");
    jar.store(here, "f=6; Secure");
    jar.store(here, "g=7; Secure");
    CHECK(jar.header_for(here) == "a=1; f=6; g=7");
    jar.store(here, "h=8");
    CHECK(jar.header_for(here) == "a=1; f=6; g=7");
    jar.store(here, "i=9; Secure");
    CHECK(jar.header_for(here) == "f=6; g=7; i=9");
}

TEST_CASE("of too many cookies in all those go first that have ended, then those not used for longest") {
    jar_in_time at;
    at.jar.limits(100, 3);
    at.jar.store("https://a.example/", "a=1");
    at.jar.store("https://b.example/", "b=2; Max-Age=10");
    at.jar.store("https://c.example/", "c=3");
    at.now += std::chrono::seconds(10);
    at.jar.store("https://d.example/", "d=4");
    CHECK(at.jar.size() == 3);
    CHECK(at.jar.header_for("https://a.example/") == "a=1");
    at.jar.store("https://e.example/", "e=5");
    CHECK(at.jar.size() == 3);
    CHECK(at.jar.header_for("https://c.example/") == "");
    CHECK(at.jar.header_for("https://a.example/") == "a=1");
}

TEST_CASE("180 cookies of a domain are kept, and 3000 in all") {
    cookie_jar jar;
    for (int i = 0; i < 200; ++i)
        jar.store("https://h.example/", std::to_string(i) + "=x");
    CHECK(jar.size() == 180);
    CHECK(jar.cookies().front().name == "20");
    for (int i = 0; i < 3000; ++i)
        jar.store("https://h" + std::to_string(i) + ".example/", "a=b");
    CHECK(jar.size() == 3000);
    CHECK(jar.cookies().front().domain == "h0.example");
}

TEST_CASE("a program may put cookies in, and take them out") {
    cookie_jar jar;
    jar.set(cookie("a", "b", "Example.ORG"));
    cookie wide("c", "d", "example.org");
    wide.host_only = false;
    jar.set(wide);
    CHECK(jar.header_for("http://example.org/") == "a=b; c=d");
    CHECK(jar.header_for("http://www.example.org/") == "c=d");
    CHECK(jar.remove("a", "example.org") == 1);
    CHECK(jar.remove("a", "example.org") == 0);
    CHECK(jar.header_for("http://example.org/") == "c=d");
    CHECK_THROWS_AS(jar.set(cookie("a", "b", "")), std::invalid_argument);
    CHECK_THROWS_AS(jar.set(cookie("a", "b\r\nX: y", "h")), std::invalid_argument);
    CHECK_THROWS_AS(jar.set(cookie("a", "b; c=d", "h")), std::invalid_argument);
    CHECK_THROWS_AS(jar.set(cookie("__Host-a", "b", "h")), std::invalid_argument);
    jar.clear();
    CHECK(jar.size() == 0);
}

TEST_CASE("the end of the session takes out the cookies of the session") {
    cookie_jar jar;
    jar.store("https://h.example/", "a=b");
    jar.store("https://h.example/", "c=d; Max-Age=60");
    jar.end_session();
    CHECK(jar.header_for("https://h.example/") == "c=d");
}

TEST_CASE("copies of a jar are the same jar") {
    cookie_jar jar;
    auto other = jar;
    other.store("https://h.example/", "a=b");
    CHECK(jar.header_for("https://h.example/") == "a=b");
    CHECK(jar == other);
    CHECK_FALSE(jar == cookie_jar());
}

TEST_CASE("threads may share a jar") {
    cookie_jar jar;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([jar, t]() mutable {
            for (int i = 0; i < 200; ++i) {
                jar.store("https://h.example/", std::to_string(t) + "=" + std::to_string(i));
                (void)jar.header_for("https://h.example/");
            }
        });
    for (auto& each : threads)
        each.join();
    CHECK(jar.size() == 4);
}

TEST_CASE("whatever a server sets, what goes back has a cookie's form") {
    for (const auto& sample : test::cookie_samples()) {
        INFO(sample);
        CHECK(test::broken_cookie(sample) == "");
    }
}
