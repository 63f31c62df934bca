#include <catch2/catch.hpp>

#include <tandem/http/error.hpp>
#include <tandem/http/url.hpp>

using tandem::http::bad_url;
using tandem::http::url;

namespace {

std::string spelled(std::string_view text) {
    return url(text).to_string();
}

std::string trouble(std::string_view text) {
    try {
        return "accepted as " + url(text).to_string();
    } catch (const bad_url& error) {
        return std::string(error.cause());
    }
}

std::string name_of(std::string_view text) {
    return url(text).file_name();
}

} // namespace

TEST_CASE("a URL shows its parts") {
    url link("https://Example.org:8443/a/b.html?q=1#part");
    CHECK(link.scheme() == "https");
    CHECK(link.is_https());
    CHECK(link.host() == "example.org");
    CHECK(link.port() == 8443);
    CHECK(link.authority() == "example.org:8443");
    CHECK(link.origin() == "https://example.org:8443");
    CHECK(link.path() == "/a/b.html");
    CHECK(link.target() == "/a/b.html?q=1");
    CHECK(link.to_string() == "https://example.org:8443/a/b.html?q=1");
}

TEST_CASE("equal URLs become one spelling") {
    CHECK(spelled("HTTP://Example.ORG:80") == "http://example.org/");
    CHECK(spelled("https://h:443/x") == "https://h/x");
    CHECK(spelled("http://h/a/./b/../c") == "http://h/a/c");
    CHECK(spelled("http://h/../../a") == "http://h/a");
    CHECK(spelled("http://h/a/%2e%2E/b") == "http://h/b");
    CHECK(spelled("http://h/a/..") == "http://h/");
    CHECK(spelled("http://h//a//b") == "http://h//a//b");
    CHECK(spelled("http://h?q") == "http://h/?q");
    CHECK(url("HTTP://h") == url("http://h/#top"));
    CHECK(std::hash<url>()(url("HTTP://h")) == std::hash<url>()(url("http://h/#top")));
}

TEST_CASE("an IPv6 host has brackets in the authority only") {
    url link("http://[::1]:8080/x");
    CHECK(link.host() == "::1");
    CHECK(link.authority() == "[::1]:8080");
    CHECK(link.origin() == "http://[::1]:8080");
}

TEST_CASE("what people write in a URL is encoded as browsers do") {
    CHECK(spelled("  http://h/x \r\n") == "http://h/x");
    CHECK(spelled("http://h/a b?c d") == "http://h/a%20b?c%20d");
    CHECK(spelled("http://h/caf\xc3\xa9") == "http://h/caf%C3%A9");
    CHECK(spelled("http://h/a\"<b>{c}") == "http://h/a%22%3Cb%3E%7Bc%7D");
    CHECK(spelled("http://h\\a\\b?c\\d") == "http://h/a/b?c\\d");
}

TEST_CASE("a text that is no URL is refused with the cause") {
    CHECK(trouble("") == "not a URL: it is empty");
    CHECK(trouble("example.org/x") == "not a URL: it does not begin with http:// or https://");
    CHECK(trouble("ftp://example.org/x") == "not a URL: it does not begin with http:// or https://");
    CHECK(trouble("file:///etc/passwd") == "not a URL: it does not begin with http:// or https://");
    CHECK(trouble("http://") == "not a URL: it names no host");
    CHECK(trouble("http:///x") == "not a URL: it names no host");
    CHECK(trouble("http://a b/") == "not a URL: there is a space in its host");
    CHECK(trouble("http://h:99999/") == "not a URL: its port is not between 1 and 65535");
    CHECK(trouble("http://h:0/") == "not a URL: its port is not between 1 and 65535");
    CHECK(trouble("http://h:x/") == "not a URL: its host or port is malformed");
    CHECK(trouble("http://[::1/") == "not a URL: its host or port is malformed");
    CHECK(trouble("http://h%00/") == "not a URL: its host name has a character that no host name has");
    CHECK(trouble("http://h%0d%0ax/") == "not a URL: its host name has a character that no host name has");
}

TEST_CASE("no URL can break a request apart") {
    CHECK(trouble("http://h/a\r\nHost: evil") == "not a URL: it contains a control character");
    CHECK(trouble("http://h/a\nb") == "not a URL: it contains a control character");
    CHECK(trouble(std::string_view("http://h/a\0b", 12)) == "not a URL: it contains a control character");
    CHECK(trouble("http://h/a\tb") == "not a URL: it contains a control character");
    CHECK_THROWS_AS(url("http://h/").resolve("/a\r\nX: y"), bad_url);
}

TEST_CASE("the error of a bad URL names the text in one line") {
    try {
        url link("not a\nlink");
        FAIL("accepted " << link);
    } catch (const bad_url& error) {
        CHECK(error.url() == "not a\\x0alink");
        CHECK(std::string(error.what()) == "not a\\x0alink: not a URL: it contains a control character");
    }
}

TEST_CASE("user name and password are kept out of sight") {
    url link("http://user:secret@h/x");
    CHECK(link.user_info() == "user:secret");
    CHECK(link.to_string() == "http://h/x");
    CHECK(link.host() == "h");
    CHECK(link.authority() == "h");
    CHECK(link != url("http://h/x"));
    for (const char* bad : {"http://user:secret@h:99999/x", "ftp://user:secret@h/x", "http://user:secret@/x",
                            "http://user:secret@a b/x", "http://user:secret@h/\nx"}) {
        try {
            url accepted(bad);
            FAIL("accepted " << accepted);
        } catch (const bad_url& error) {
            CHECK(std::string(error.what()).find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("a reference is resolved as RFC 3986 section 5.4 shows") {
    url base("http://a/b/c/d;p?q");
    auto to = [&](std::string_view reference) { return base.resolve(reference).to_string(); };
    CHECK(to("g") == "http://a/b/c/g");
    CHECK(to("./g") == "http://a/b/c/g");
    CHECK(to("g/") == "http://a/b/c/g/");
    CHECK(to("/g") == "http://a/g");
    CHECK(to("//g") == "http://g/");
    CHECK(to("?y") == "http://a/b/c/d;p?y");
    CHECK(to("g?y") == "http://a/b/c/g?y");
    CHECK(to("#s") == "http://a/b/c/d;p?q");
    CHECK(to(";x") == "http://a/b/c/;x");
    CHECK(to("g;x?y#s") == "http://a/b/c/g;x?y");
    CHECK(to("") == "http://a/b/c/d;p?q");
    CHECK(to(".") == "http://a/b/c/");
    CHECK(to("..") == "http://a/b/");
    CHECK(to("../g") == "http://a/b/g");
    CHECK(to("../../../g") == "http://a/g");
    CHECK(to("g;x=1/../y") == "http://a/b/c/y");
    CHECK(to("https://other:1/z") == "https://other:1/z");
    CHECK_THROWS_AS(base.resolve("javascript:alert(1)"), bad_url);
    CHECK_THROWS_AS(base.resolve("file:///etc/passwd"), bad_url);
}

TEST_CASE("the file name of a URL is safe") {
    CHECK(name_of("http://h/a/photo.jpg?size=1") == "photo.jpg");
    CHECK(name_of("http://h/") == "index.html");
    CHECK(name_of("http://h/folder/") == "index.html");
    CHECK(name_of("http://h/a%20b.txt") == "a b.txt");
    CHECK(name_of("http://h/..%2F..%2Fetc%2Fpasswd") == "passwd");
    CHECK(name_of("http://h/%2e%2e%2f") == "index.html");
    CHECK(name_of("http://h/.bashrc") == "bashrc");
    CHECK(name_of("http://h/...") == "index.html");
    CHECK(name_of("http://h/a%0ab%1b%00c") == "a_b__c");
    CHECK(name_of("http://h/caf%C3%A9.png") == "caf\xc3\xa9.png");
}

TEST_CASE("a long file name is shortened before its extension and within no character") {
    auto name = name_of("http://h/" + std::string(400, 'x') + ".jpeg");
    CHECK(name.size() == 200);
    CHECK(name.ends_with("x.jpeg"));

    std::string wide;
    for (int i = 0; i < 150; ++i)
        wide += "%C3%A9";
    auto cut = name_of("http://h/" + wide + "x");
    CHECK(cut.size() == 200);
    CHECK(name_of("http://h/x" + wide).size() == 199);
}

TEST_CASE("a path keeps its dot segments where it is to stay as it is") {
    const auto dotted = url::with_path_as_is("http://h/a/./b/../c/%2e%2E/d?q=../x#f");
    CHECK(dotted.to_string() == "http://h/a/./b/../c/%2e%2E/d?q=../x");
    CHECK(dotted.path() == "/a/./b/../c/%2e%2E/d");
    CHECK(dotted.target() == "/a/./b/../c/%2e%2E/d?q=../x");
    CHECK(url::with_path_as_is("http://h").target() == "/");
    CHECK(url::with_path_as_is("http://h/a b").target() == "/a%20b");
    CHECK(dotted.resolve("e").target() == "/a/e");
    CHECK_THROWS_AS(url::with_path_as_is("ftp://h/"), bad_url);
}
