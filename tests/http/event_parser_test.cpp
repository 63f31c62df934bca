#include <catch2/catch.hpp>

#include <utf8.hpp>

#include "support/events.hpp"

using tandem::http::detail::event_parser;
using test::events_in;
using list = std::vector<std::string>;

namespace {

list events_of(std::string_view bytes) {
    return events_in(bytes).events;
}

std::string as_utf8(std::string_view bytes) {
    std::string text;
    tandem::http::detail::append_as_utf8(text, bytes);
    return text;
}

} // namespace

TEST_CASE("the lines of an event's data are joined by line feeds") {
    CHECK(events_of("data: YHOO\ndata: +2\ndata: 10\n\n") == list{"message|YHOO\n+2\n10|"});
    CHECK(events_of("data\n\ndata\ndata\n\ndata:") == list{"message||", "message|\n|"});
}

TEST_CASE("one blank behind a field's colon is no part of its value") {
    CHECK(events_of("data:test\n\ndata: test\n\n") == list{"message|test|", "message|test|"});
    CHECK(events_of("data:  test \n\n") == list{"message| test |"});
    CHECK(events_of("data:\ttest\n\n") == list{"message|\ttest|"});
    CHECK(events_of("data: a: b\n\n") == list{"message|a: b|"});
}

TEST_CASE("an event has the type that it names, and the next one none of it") {
    CHECK(events_of("event: add\ndata: 1\n\ndata: 2\n\nevent: a\nevent: b\ndata: 3\n\nevent:\ndata: 4\n\n") ==
          list{"add|1|", "message|2|", "b|3|", "message|4|"});
}

TEST_CASE("an event without data is none, but its id counts") {
    const auto all = events_in("event: gone\nid: 5\n\ndata: a\n\nid: 6\n\n");
    CHECK(all.events == list{"message|a|5"});
    CHECK(all.last_id == "6");
}

TEST_CASE("an id holds until another, or none, is given, and not if it has a zero in it") {
    CHECK(events_of("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n") ==
          list{"message|a|1", "message|b|1", "message|c|"});
    CHECK(events_of(std::string_view("id: 1\nid: a\0b\ndata: a\n\n", 23)) == list{"message|a|1"});
}

TEST_CASE("comments and fields that nobody knows are ignored, names in another case too") {
    CHECK(events_of(": comment\n:data: x\nfoo: bar\nDATA: y\n data: z\ndatum\n\n").empty());
}

TEST_CASE("a line ends with CR, LF or both") {
    for (const std::string end : {"\n", "\r", "\r\n"}) {
        const auto bytes = "event: e" + end + "data: a" + end + "data: b" + end + end + "data: c" + end + end;
        CHECK(events_of(bytes) == list{"e|a\nb|", "message|c|"});
    }
    // A CR ends an event without waiting for what follows it.
    CHECK(events_of("data: a\r\r") == list{"message|a|"});
    CHECK(events_of("data: a\n\r\ndata: b\r\n\r") == list{"message|a|", "message|b|"});
}

TEST_CASE("a byte order mark at the beginning is ignored, and only there and once") {
    const std::string mark = "\xef\xbb\xbf";
    CHECK(events_of(mark + "data: a\n\n") == list{"message|a|"});
    CHECK(events_of(mark + mark + "data: a\n\ndata: b\n\n") == list{"message|b|"});
    CHECK(events_of("data: a\n\n" + mark + "data: b\n\n") == list{"message|a|"});
    event_parser parser(1000);
    for (int i = 0; i < 2; ++i) {
        parser.begin();
        const auto text = mark + "data: a\n\n";
        std::string_view bytes = text;
        CHECK(parser.next(bytes));
    }
}

TEST_CASE("a time to wait consists of digits only") {
    CHECK(events_of("retry: 1500\ndata: a\n\ndata: b\n\n") == list{"message|a||1500", "message|b|"});
    CHECK(events_of("retry: 15x\nretry:\nretry: -1\nretry:  7\nretry: 1.5\ndata: a\n\n") ==
          list{"message|a|"});
    CHECK(events_of("retry: 99999999999999999999\ndata: a\n\n") == list{"message|a||86400000"});
    event_parser parser(1000);
    std::string_view bytes = "retry: 20\n\n";
    CHECK_FALSE(parser.next(bytes));
    CHECK(parser.retry() == std::chrono::milliseconds(20));
}

TEST_CASE("what is no UTF-8 becomes replacement characters as in browsers") {
    const std::string bad = "\xef\xbf\xbd";
    CHECK(as_utf8("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z") == "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z");
    CHECK(as_utf8("\xffx\x80") == bad + "x" + bad);
    CHECK(as_utf8("\xe4\xb8") == bad);
    CHECK(as_utf8("\xe4\xb8x") == bad + "x");
    CHECK(as_utf8("\xf0\x9f\x98\xc3\xa9") == bad + "\xc3\xa9");
    CHECK(as_utf8("\xc0\xaf") == bad + bad);
    CHECK(as_utf8("\xe0\x80\xaf") == bad + bad + bad);
    CHECK(as_utf8("\xed\xa0\x80") == bad + bad + bad);
    CHECK(as_utf8("\xf4\x90\x80\x80") == bad + bad + bad + bad);
    CHECK(events_of("event: \xff\nid: \xc3\ndata: \xe4\xb8\n\n") == list{bad + "|" + bad + "|" + bad});
}

TEST_CASE("an event may have so many bytes, and no more, comments included") {
    const std::string half(500, 'x');
    const auto two_lines = "data:" + half + "\ndata:" + half.substr(11) + "\n";
    CHECK(events_in(two_lines + "\n", 7, 1000).events.size() == 1);
    CHECK_FALSE(events_in(two_lines + "\n" + two_lines + "\n", 7, 1000).is_too_large);
    CHECK(events_in(two_lines + "data:1234567890\n\n", 7, 1000).is_too_large);
    CHECK(events_in(":" + half + half + "\n\n", 7, 1000).is_too_large);
    CHECK(events_in("data:" + half + half, 7, 1000).is_too_large);
    CHECK_FALSE(events_in(":" + half + "\n:" + half + "\n:" + half + "\n", 7, 1000).is_too_large);
}

TEST_CASE("an event that is cut by its connection's end is dropped, and the last id kept") {
    event_parser parser(1000, "3");
    parser.begin();
    std::string_view bytes = "id: 4\ndata: a\n\nid: 5\ndata: cut";
    CHECK(parser.next(bytes)->data == "a");
    CHECK_FALSE(parser.next(bytes));
    CHECK(parser.last_id() == "4");
    parser.begin();
    bytes = "data: b\n\n";
    const auto next = parser.next(bytes);
    REQUIRE(next);
    CHECK(next->data == "b");
    CHECK(next->id == "4");
}

TEST_CASE("events mean the same however their bytes are cut") {
    for (const auto& bytes : test::event_samples()) {
        INFO(bytes);
        const auto whole = events_in(bytes);
        for (const std::size_t piece : {1u, 2u, 3u, 7u}) {
            INFO("in pieces of " << piece);
            CHECK((events_in(bytes, piece) == whole));
        }
    }
}
