#include <catch2/catch.hpp>

#include <proxy/no_proxy_list.hpp>

#include "support/log_capture.hpp"

using tandem::http::detail::no_proxy_list;

namespace {

bool covers(const char* list, const char* host, std::uint16_t port = 80) {
    return no_proxy_list(list).covers(host, port);
}

} // namespace

TEST_CASE("an empty list covers no host, and a star covers all") {
    CHECK_FALSE(covers("", "example.org"));
    CHECK_FALSE(covers(" , ,, ", "example.org"));
    CHECK(covers("*", "example.org"));
    CHECK(covers("*", "10.0.0.1"));
    CHECK(covers("other.example, *", "::1"));
}

TEST_CASE("a name covers itself and all below it") {
    CHECK(covers("example.org", "example.org"));
    CHECK(covers("example.org", "www.example.org"));
    CHECK(covers("example.org", "a.b.example.org"));
    CHECK_FALSE(covers("example.org", "notexample.org"));
    CHECK_FALSE(covers("example.org", "org"));
    CHECK_FALSE(covers("example.org", "example.org.evil.example"));
    CHECK(covers("localhost", "localhost"));
}

TEST_CASE("a dot or a star before a name changes nothing") {
    for (const char* list : {".example.org", "*.example.org"}) {
        CHECK(covers(list, "example.org"));
        CHECK(covers(list, "www.example.org"));
        CHECK_FALSE(covers(list, "notexample.org"));
    }
}

TEST_CASE("case, a dot at the end and other scripts are no difference") {
    CHECK(covers("Example.ORG", "www.example.org"));
    CHECK(covers("example.org.", "example.org"));
    CHECK(covers("example.org", "example.org."));
    CHECK(covers("b\xc3\xbc"
                 "cher.example",
                 "www.xn--bcher-kva.example"));
    CHECK(covers("XN--BCHER-KVA.example", "xn--bcher-kva.example"));
}

TEST_CASE("entries are separated by commas, blanks, or both") {
    for (const char* list : {"a.example,b.example", "a.example b.example", " a.example ,\tb.example\n",
                             "a.example,,b.example,"}) {
        CHECK(covers(list, "a.example"));
        CHECK(covers(list, "b.example"));
        CHECK_FALSE(covers(list, "c.example"));
    }
}

TEST_CASE("an entry with a port covers that port only") {
    CHECK(covers("example.org:8080", "www.example.org", 8080));
    CHECK_FALSE(covers("example.org:8080", "www.example.org", 80));
    CHECK(covers("10.0.0.1:443", "10.0.0.1", 443));
    CHECK_FALSE(covers("10.0.0.1:443", "10.0.0.1", 80));
    CHECK(covers("[::1]:443", "::1", 443));
    CHECK_FALSE(covers("[::1]:443", "::1", 80));
    CHECK(covers("localhost:8080", "localhost", 8080));
}

TEST_CASE("an address covers itself, in each of its spellings, and nothing that only looks like it") {
    CHECK(covers("10.0.0.1", "10.0.0.1"));
    CHECK_FALSE(covers("10.0.0.1", "10.0.0.10"));
    CHECK_FALSE(covers("0.0.1", "10.0.0.1"));
    CHECK_FALSE(covers("10.0.0.1", "10.0.0.1.example"));
    CHECK(covers("127.1", "127.0.0.1"));
    CHECK(covers("::1", "::1"));
    CHECK(covers("[::1]", "::1"));
    CHECK(covers("0:0:0:0:0:0:0:1", "::1"));
    CHECK(covers("FD00::A", "fd00::a"));
    CHECK_FALSE(covers("fd00::a", "fd00::b"));
}

TEST_CASE("a block covers the addresses in it") {
    CHECK(covers("10.0.0.0/8", "10.200.3.4"));
    CHECK_FALSE(covers("10.0.0.0/8", "11.0.0.1"));
    CHECK(covers("192.168.4.128/25", "192.168.4.200"));
    CHECK_FALSE(covers("192.168.4.128/25", "192.168.4.100"));
    CHECK(covers("10.1.2.3/8", "10.9.9.9"));
    CHECK(covers("1.2.3.4/32", "1.2.3.4"));
    CHECK_FALSE(covers("1.2.3.4/32", "1.2.3.5"));
    CHECK(covers("0.0.0.0/0", "8.8.8.8"));
    CHECK_FALSE(covers("0.0.0.0/0", "::1"));
    CHECK(covers("fd00::/8", "fdab::1"));
    CHECK_FALSE(covers("fd00::/8", "fe80::1"));
    CHECK(covers("[fd00::]/8", "fdab::1"));
    CHECK(covers("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(covers("2001:db8::/33", "2001:db8:8000::1"));
    CHECK_FALSE(covers("10.0.0.0/8", "example.org"));
}

TEST_CASE("an IPv4 address written as an IPv6 one is that IPv4 address") {
    CHECK(covers("10.0.0.0/8", "::ffff:10.1.2.3"));
    CHECK(covers("::ffff:10.1.2.3", "10.1.2.3"));
    CHECK(covers("::ffff:10.0.0.0/104", "10.1.2.3"));
    CHECK_FALSE(covers("::ffff:10.0.0.0/104", "11.1.2.3"));
}

TEST_CASE("what is no entry is passed over with a warning, and the others hold") {
    for (const char* bad : {"10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-1", "x.example/8", "fd00::/129",
                            "example.org:http", "example.org:99999", "a_b c%00d", "."}) {
        test::log_capture captured;
        const no_proxy_list list(std::string(bad) + ",good.example");
        CHECK(list.covers("good.example", 80));
        CHECK_FALSE(list.covers("10.0.0.1", 80));
        CHECK_FALSE(list.covers("example.org", 80));
        INFO(bad);
        CHECK(captured.texts().at(0).find("no_proxy: ") != std::string::npos);
    }
}
