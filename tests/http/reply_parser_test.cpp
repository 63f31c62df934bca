#include <catch2/catch.hpp>

#include "support/replies.hpp"

using test::parsed;
using test::parsed_in_pieces;
using test::parsed_in_two;

namespace {

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

/// The reply with these header lines and then nothing.
test::reply_outcome with_lines(const std::string& lines) {
    return parsed(ok + lines + "\r\n");
}

/// The reply with a body in chunks.
test::reply_outcome in_chunks(const std::string& chunks) {
    return parsed(chunked + chunks);
}

} // namespace

TEST_CASE("a reply means the same however its bytes are cut") {
    for (const auto& bytes : test::reply_samples()) {
        for (const bool answers_head : {false, true}) {
            INFO(bytes);
            const auto whole = parsed(bytes, answers_head);
            for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
                INFO("cut at " << cut);
                CHECK((parsed_in_two(bytes, cut, answers_head) == whole));
            }
            for (const std::size_t size : {1u, 2u, 3u, 7u}) {
                INFO("in pieces of " << size);
                CHECK((parsed_in_pieces(bytes, size, answers_head) == whole));
            }
        }
    }
}

TEST_CASE("a reply of any beginning of a reply is incomplete, refused or complete, never something else") {
    for (const auto& bytes : test::reply_samples()) {
        const auto whole = parsed(bytes);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            INFO(bytes << " up to " << size);
            test::reply_feeder feeder;
            feeder.feed(std::string_view(bytes).substr(0, size));
            const auto part = feeder.outcome(false);
            CHECK(part.used <= size);
            if (part.trouble.empty() && part.is_done) CHECK(part.used == whole.used);
            if (whole.trouble.empty()) CHECK(part.trouble.empty());
        }
    }
}

TEST_CASE("a status line may lack its reason phrase, and the blank before it") {
    CHECK(parsed("HTTP/1.1 200\r\n\r\n").status == 200);
    CHECK(parsed("HTTP/1.1 200 \r\n\r\n").reason.empty());
    CHECK(parsed("HTTP/1.1 404 Not Found\r\n\r\n").reason == "Not Found");
    CHECK(parsed("HTTP/1.0 999 Odd \xe9\r\n\r\n").reason == "Odd \xe9");
    CHECK(parsed("\r\n\nHTTP/1.1 200\n\n").status == 200);
}

TEST_CASE("a status line that is none is refused") {
    for (const char* line : {"HTTP/1.1 20", "HTTP/1.1 2000", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK",
                             "HTTP/1.1 200OK", "HTTP/1.x 200 OK", "HTTP/1.1 099 OK", "HTTP/1.1 -20 OK"}) {
        INFO(line);
        CHECK(parsed(std::string(line) + "\r\n\r\n").trouble == "its status line is malformed");
    }
    for (const char* line :
         {"HTTP/2 200", "HTTP/0.9 200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK", "<html>", "ICY 200 OK"}) {
        INFO(line);
        CHECK(parsed(std::string(line) + "\r\n\r\n").trouble ==
              "it does not begin with HTTP/1.0 or HTTP/1.1");
    }
}

TEST_CASE("who speaks another protocol is found out before the line ends") {
    test::reply_feeder feeder;
    feeder.feed("HTTQ");
    CHECK(feeder.outcome(false).trouble == "it does not begin with HTTP/1.0 or HTTP/1.1");
}

TEST_CASE("header lines may end with a bare LF") {
    const auto reply = parsed("HTTP/1.1 200 OK\nContent-Length: 2\nX: y \n\nok");
    CHECK(reply.is_done);
    CHECK(reply.fields == std::vector<tandem::http::headers::field>{{"Content-Length", "2"}, {"X", "y"}});
    CHECK(reply.body == "ok");
}

TEST_CASE("a folded header line is one value") {
    CHECK(with_lines("X: one\r\n two \r\n\t three\r\n").fields.at(0).second == "one two three");
    CHECK(with_lines("X:\r\n one\r\n \r\n").fields.at(0).second == "one");
    CHECK(with_lines(" X: one\r\n").trouble == "a blank stands before the first field");
    CHECK(with_lines("Content-Length: 1\r\n 0\r\n").trouble ==
          "Content-Length or Transfer-Encoding is folded");
    CHECK(with_lines("Transfer-Encoding:\r\n chunked\r\n").trouble ==
          "Content-Length or Transfer-Encoding is folded");
}

TEST_CASE("a CR or NUL within a line is refused") {
    CHECK(with_lines("X: a\rY: b\r\n").trouble == "a line contains a CR");
    CHECK(with_lines("X: a\r\r\n").trouble == "a line contains a CR");
    CHECK(with_lines(std::string("X: a\0b\r\n", 8)).trouble == "a line contains a NUL");
    CHECK(parsed("HTTP/1.1 200 O\rK\r\n\r\n").trouble == "a line contains a CR");
}

TEST_CASE("a header's name is a token with a colon behind it") {
    CHECK(with_lines("nothing\r\n").trouble == "a header line has no colon");
    CHECK(with_lines(": x\r\n").trouble == "a header's name contains a character that it must not");
    CHECK(with_lines("X Y: x\r\n").trouble == "a header's name contains a character that it must not");
    CHECK(with_lines("X\x01: x\r\n").trouble == "a header's name contains a character that it must not");
    CHECK(with_lines("X : y\r\n").fields.at(0) == tandem::http::headers::field("X", "y"));
    for (const char* line : {"Content-Length : 5\r\n", "transfer-encoding\t: chunked\r\n"})
        CHECK(with_lines(line).trouble ==
              "a blank stands between Content-Length or Transfer-Encoding and its colon");
}

TEST_CASE("a Content-Length is a plain number, however often it is said") {
    CHECK(with_lines("Content-Length: 5\r\ncontent-length: 5, 05\r\n").length == 5u);
    for (const char* value : {"+5", "-5", "5x", "0x5", "5 5", "", " ", "5,", ",5", "5;",
                              "9223372036854775808", "99999999999999999999999", "\xd9\xa5"}) {
        INFO(value);
        CHECK(with_lines("Content-Length: " + std::string(value) + "\r\n").trouble ==
              "its Content-Length is not a number");
    }
    CHECK(with_lines("Content-Length: 9223372036854775807\r\n").length == 9223372036854775807u);
}

TEST_CASE("two different Content-Lengths are refused") {
    CHECK(with_lines("Content-Length: 5\r\nContent-Length: 6\r\n").trouble ==
          "it has two different Content-Lengths");
    CHECK(with_lines("Content-Length: 5, 6\r\n").trouble == "it has two different Content-Lengths");
}

TEST_CASE("a Transfer-Encoding is chunked and nothing else") {
    CHECK(parsed(ok + "transfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n").is_done);
    for (const char* value :
         {"gzip, chunked", "chunked, chunked", "xchunked", "chunked;q=1", "\"chunked\"", "gzip"}) {
        INFO(value);
        CHECK(with_lines("Transfer-Encoding: " + std::string(value) + "\r\n").trouble ==
              "its Transfer-Encoding is not chunked");
    }
    CHECK(with_lines("Transfer-Encoding:\r\n").trouble == "its Transfer-Encoding is given twice, or empty");
    CHECK(with_lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n").trouble ==
          "its Transfer-Encoding is given twice, or empty");
    CHECK(with_lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n").trouble ==
          "its Transfer-Encoding is given twice, or empty");
}

TEST_CASE("a connection whose reply has a surprising Transfer-Encoding is not used again") {
    const std::string body = "5\r\nhello\r\n0\r\n\r\n";
    CHECK(parsed(chunked + body).keeps_alive);
    const auto both = parsed(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    CHECK(both.body == "hello");
    CHECK_FALSE(both.length);
    CHECK_FALSE(both.keeps_alive);
    const auto old =
        parsed("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    CHECK(old.body == "hello");
    CHECK_FALSE(old.keeps_alive);
    const auto identity = parsed(ok + "Content-Length: 2\r\nTransfer-Encoding: identity\r\n\r\nok");
    CHECK(identity.body == "ok");
    CHECK_FALSE(identity.keeps_alive);
}

TEST_CASE("a connection stays open as the version and the Connection header say") {
    const std::string empty = "Content-Length: 0\r\n\r\n";
    CHECK(parsed("HTTP/1.1 200 OK\r\n" + empty).keeps_alive);
    CHECK_FALSE(parsed("HTTP/1.1 200 OK\r\nConnection: Close\r\n" + empty).keeps_alive);
    CHECK_FALSE(
        parsed("HTTP/1.1 200 OK\r\nconnection: x,close\r\nConnection: keep-alive\r\n" + empty).keeps_alive);
    CHECK_FALSE(parsed("HTTP/1.0 200 OK\r\n" + empty).keeps_alive);
    CHECK(parsed("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + empty).keeps_alive);
    CHECK_FALSE(parsed("HTTP/1.1 200 OK\r\n\r\nhello").keeps_alive);
}

TEST_CASE("some replies have no body, whatever their header says") {
    const std::string lengths[] = {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", ""};
    for (const auto& line : lengths) {
        INFO(line);
        CHECK(parsed("HTTP/1.1 204 No Content\r\n" + line + "\r\nhello").body.empty());
        CHECK(parsed("HTTP/1.1 304 Not Modified\r\n" + line + "\r\nhello").body.empty());
        const auto head = parsed(ok + line + "\r\nhello", true);
        CHECK(head.is_done);
        CHECK(head.body.empty());
        CHECK(head.keeps_alive);
    }
    CHECK_FALSE(parsed("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").keeps_alive);
    CHECK(parsed("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").keeps_alive);
}

TEST_CASE("chunks may have extensions, blanks behind their size, and leading zeros") {
    CHECK(in_chunks("5;a\r\nhello\r\n0\r\n\r\n").body == "hello");
    CHECK(in_chunks("5 \t; a = \"b; c\" ;;d\r\nhello\r\n0;z=1\r\n\r\n").body == "hello");
    CHECK(in_chunks("0000000000000000000005   \r\nhello\r\n000\r\n\r\n").body == "hello");
    CHECK(in_chunks("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n").body == "01234567890123456789");
    CHECK(in_chunks("5\nhello\n0\n\n").body == "hello");
}

TEST_CASE("a chunk whose size is no number, or too large a one, is refused") {
    for (const char* line : {"", "x", "-5", "+5", " 5", "5x", "0x5", "5 5", "5 a", ";5", "\"5\""}) {
        INFO(line);
        CHECK_FALSE(in_chunks(std::string(line) + "\r\nhello\r\n0\r\n\r\n").trouble.empty());
    }
    CHECK(in_chunks("8000000000000000\r\n").trouble == "a chunk's size is too large");
    CHECK(in_chunks("10000000000000005\r\nhello\r\n").trouble == "a chunk's size is too large");
    CHECK(in_chunks("7fffffffffffffff\r\nhello").trouble.empty());
}

TEST_CASE("a chunk's line ends where every reader sees its end") {
    CHECK_FALSE(in_chunks("5;a\nb\r\nhello\r\n0\r\n\r\n").trouble.empty());
    CHECK_FALSE(in_chunks("5;a\rb\r\nhello\r\n0\r\n\r\n").trouble.empty());
    CHECK_FALSE(in_chunks("5\rx\nhello\r\n0\r\n\r\n").trouble.empty());
    CHECK(in_chunks("5\r\nhello!\r\n0\r\n\r\n").trouble == "a chunk is longer than its size says");
    CHECK(in_chunks("5\r\nhello0\r\n\r\n").trouble == "a chunk is longer than its size says");
    CHECK(in_chunks("5;" + std::string(5000, 'x')).trouble == "a chunk's size line is longer than 4 KiB");
}

TEST_CASE("the extensions of all chunks together may be so much longer than the chunks, and no more") {
    // Each line has 4000 bytes beyond the room for its size.
    const std::string signature = ";signature=" + std::string(4000 + 18 - 11 - 4, 's') + "\r\n";
    auto chunks = [&](std::size_t count, const std::string& size_and_data) {
        const auto line_end = size_and_data.find('\n') - 1;
        std::string all;
        for (std::size_t i = 0; i < count; ++i)
            all +=
                size_and_data.substr(0, line_end) + signature + size_and_data.substr(line_end + 2) + "\r\n";
        return all;
    };
    const std::string trouble = "the extensions of its chunks are 256 KiB longer than the chunks";
    const auto some = chunks(65, "01\r\nx");
    CHECK(in_chunks(some + "0\r\n\r\n").body == std::string(65, 'x'));
    const auto many = chunks(66, "01\r\nx");
    CHECK(in_chunks(many).trouble == trouble);
    for (const std::size_t piece : {1u, 1000u})
        CHECK(parsed_in_pieces(chunked + many, piece).trouble == trouble);
    // Who signs each chunk of a long body is no attacker.
    const auto signed_body = chunks(500, "fa0\r\n" + std::string(4000, 'x'));
    CHECK(in_chunks(signed_body + "0\r\n\r\n").body.size() == 500 * 4000);
    // A size that never comes pays for nothing before.
    CHECK(in_chunks(some + chunks(1, "7fffffffffffffff\r\n")).trouble == trouble);
}

TEST_CASE("trailers are kept apart from the header") {
    const auto reply = in_chunks("0\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\n");
    CHECK(reply.is_done);
    CHECK(reply.fields.size() == 1);
    CHECK_FALSE(reply.length);
    CHECK(reply.trailers ==
          std::vector<tandem::http::headers::field>{{"X-Sum", "1"}, {"Content-Length", "7"}});
    CHECK(in_chunks("0\r\nno colon\r\n\r\n").trouble == "a header line has no colon");
}

TEST_CASE("a reply in chunks is incomplete without its last line") {
    for (const char* rest :
         {"", "5", "5\r\n", "5\r\nhello", "5\r\nhello\r\n", "0", "0\r\n", "0\r\nX: y\r\n", "0\r\n\r"}) {
        INFO(rest);
        const auto reply = in_chunks(rest);
        CHECK(reply.trouble.empty());
        CHECK_FALSE(reply.is_done);
    }
}

TEST_CASE("a header may have so many lines and bytes, and no more") {
    auto fields = [](std::size_t count, std::size_t size) {
        std::string lines;
        for (std::size_t i = 0; i < count; ++i)
            lines += "X: " + std::string(size - 3, 'y') + "\r\n";
        return lines;
    };
    CHECK(with_lines(fields(1000, 10)).fields.size() == 1000);
    CHECK(with_lines(fields(1001, 10)).trouble == "it has more than 1000 header fields");
    CHECK(with_lines(fields(1, 64 * 1024 - 1)).trouble.empty());
    CHECK(with_lines(fields(1, 64 * 1024)).trouble == "a line is longer than 64 KiB");
    CHECK(with_lines(fields(5, 60'000)).trouble == "the header is longer than 256 KiB");
    CHECK(parsed(std::string(300'000, '\n')).trouble == "the header is longer than 256 KiB");
    CHECK(in_chunks("0\r\n" + fields(1001, 10)).trouble == "it has more than 1000 header fields");
    CHECK(in_chunks("0\r\n" + fields(5, 60'000)).trouble == "the header is longer than 256 KiB");

    test::reply_feeder endless;
    endless.feed(ok + "X: " + std::string(100'000, 'y'));
    CHECK(endless.outcome(false).trouble == "a line is longer than 64 KiB");
}

TEST_CASE("what belongs to the body as it is can be read past the parser") {
    tandem::http::detail::reply_parser parser;
    std::string bytes = chunked + "5\r\nhe";
    parser.consume(bytes.data(), bytes.size());
    CHECK(parser.plain_bytes() == 0);
    auto at = chunked.size();
    CHECK(parser.consume(bytes.data() + at, bytes.size() - at).body == "he");
    CHECK(parser.plain_bytes() == 3);
    parser.skip(3);
    CHECK(parser.plain_bytes() == 0);
    std::string rest = "\r\n0\r\n\r\n";
    parser.consume(rest.data(), rest.size());
    CHECK(parser.is_done());

    parser.reset();
    std::string fixed = ok + "Content-Length: 1000000000000\r\n\r\n";
    parser.consume(fixed.data(), fixed.size());
    CHECK(parser.plain_bytes() == 1'000'000'000'000u);
    parser.skip(1'000'000'000'000u);
    CHECK(parser.is_done());
}
