// What a terminal may be shown, and the room it takes.
#include <catch2/catch.hpp>

#include "download/progress/figures.hpp"
#include "download/progress/text.hpp"

using namespace std::chrono_literals;

TEST_CASE("control characters, escapes and what turns text around do not reach a terminal") {
    CHECK(printable("photo-1.jpg", charset::utf8) == "photo-1.jpg");
    CHECK(printable("\x1b[2J\x07", charset::utf8) == "\\x1b[2J\\x07");
    CHECK(printable(std::string("a\0b\tc\n", 6), charset::utf8) == "a\\x00b\\x09c\\x0a");
    CHECK(printable("\x7f", charset::utf8) == "\\x7f");
    // The second set of control characters, as UTF-8 and as the single bytes that some terminals obey.
    CHECK(printable("\xc2\x9b"
                    "2J",
                    charset::utf8) == "\\xc2\\x9b2J");
    CHECK(printable("\x9b"
                    "2J",
                    charset::utf8) == "\\x9b2J");
    for (const char* turns : {"\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028"})
        CHECK(printable(turns, charset::utf8).starts_with("\\x"));
    CHECK(printable("\xff\xc3(", charset::utf8) == "\\xff\\xc3(");
    CHECK(printable("caf\xc3", charset::utf8) == "caf\\xc3");
}

TEST_CASE("a terminal that knows ASCII only is shown nothing else") {
    CHECK(printable("café", charset::utf8) == "café");
    CHECK(printable("café", charset::ascii) == "caf\\xc3\\xa9");
}

TEST_CASE("wide characters take two columns and combining ones none") {
    CHECK(columns_of("photo") == 5);
    CHECK(columns_of("café") == 4);
    CHECK(columns_of("cafe\u0301") == 4);
    CHECK(columns_of("写真.jpg") == 8);
    CHECK(columns_of("") == 0);
}

TEST_CASE("a name that is too long loses its middle, and whole characters only") {
    CHECK(fitted("photo", 8, charset::utf8) == "photo   ");
    CHECK(fitted("photo", 5, charset::utf8) == "photo");
    CHECK(fitted("holiday-0001.jpg", 9, charset::utf8) == "holi….jpg");
    CHECK(fitted("holiday-0001.jpg", 9, charset::ascii) == "hol...jpg");
    // A wide character does not fit into a single column, which stays blank.
    CHECK(fitted("写真写真写真", 6, charset::utf8) == "写…真 ");
    CHECK(columns_of(fitted("写真写真写真", 5, charset::utf8)) == 5);
    // The accent stays with its letter.
    CHECK(fitted("abcdefghie\u0301", 3, charset::utf8) == "a…e\u0301");
    CHECK(fitted("photo", 1, charset::utf8) == "p");
    CHECK(fitted("photo", 0, charset::utf8).empty());
    for (std::size_t room = 0; room < 20; ++room)
        CHECK(columns_of(fitted("写真-e\u0301tude-no-1.jpg", room, charset::utf8)) == room);
}

TEST_CASE("a sentence that is too long loses its end") {
    CHECK(cut("503 Service Unavailable", 30, charset::utf8) == "503 Service Unavailable");
    CHECK(cut("503 Service Unavailable", 8, charset::utf8) == "503 Ser…");
    CHECK(cut("503 Service Unavailable", 8, charset::ascii) == "503 S...");
}

TEST_CASE("JSON gets U+FFFD for what is no UTF-8") {
    CHECK(valid_utf8("caf\xe9 café") == "caf\ufffd café");
    CHECK(valid_utf8("\x1b") == "\x1b"); // which JSON escapes itself
}

TEST_CASE("sizes, speeds and times take few columns") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(999) == "999 B");
    CHECK(size_text(1000) == "1.0 kB");
    CHECK(size_text(99'949) == "99.9 kB");
    CHECK(size_text(254'321) == "254 kB");
    CHECK(size_text(999'600) == "1.0 MB");
    CHECK(size_text(12.34e6) == "12.3 MB");
    CHECK(size_text(4.5e18) == "4.5 EB");
    CHECK(speed_text(1.25e6) == "1.2 MB/s");
    CHECK(clock_text(7s) == "0:07");
    CHECK(clock_text(754s) == "12:34");
    CHECK(clock_text(1h + 2min + 3s) == "1:02:03");
    CHECK(clock_text(76h) == "3d 04h");
    CHECK(clock_text(24h * 1000) == "> 99d");
    CHECK(seconds_text(312ms) == "0.31 s");
    CHECK(seconds_text(12'345ms) == "12.3 s");
    CHECK(seconds_text(61s) == "1:01");
}
