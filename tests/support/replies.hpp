// Replies as servers and attackers send them, and what the client's parser makes of them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reply_parser.hpp>

namespace test {

/// All there is to say about a reply that was parsed to its end, to the end of its bytes, or to what is
/// wrong.
struct reply_outcome {
    std::string trouble;
    bool is_header_done = false;
    bool is_done = false;
    bool keeps_alive = false;
    std::size_t used = 0;
    int status = 0;
    std::string reason;
    std::vector<tandem::http::headers::field> fields;
    std::vector<tandem::http::headers::field> trailers;
    std::optional<std::uint64_t> length;
    std::string body;

    bool operator==(const reply_outcome&) const = default;
};

/// Gives a parser its bytes as a connection does: those it did not use come again, with more behind them.
class reply_feeder {
  public:
    explicit reply_feeder(bool answers_head = false) { parser_.reset(answers_head); }

    void feed(std::string_view more) {
        unused_ += more;
        while (!parser_.is_done() && !parser_.trouble()) {
            const auto made = parser_.consume(unused_.data(), unused_.size());
            body_ += made.body;
            used_ += made.used;
            unused_.erase(0, made.used);
            if (made.used == 0) return;
        }
    }

    /// Nothing more comes, and the connection is closed where `ends` is true.
    reply_outcome outcome(bool ends = true) {
        reply_outcome all;
        // What is in doubt when the bytes end has no body to speak of: a part of a line, or of none.
        if (ends && !parser_.trouble()) parser_.finish();
        all.trouble = parser_.trouble() ? parser_.trouble() : "";
        if (!all.trouble.empty()) return all;
        all.is_header_done = parser_.is_header_done();
        all.is_done = parser_.is_done();
        all.keeps_alive = parser_.keep_alive();
        all.used = used_;
        all.status = parser_.head().status;
        all.reason = parser_.head().reason;
        all.fields.assign(parser_.head().fields.begin(), parser_.head().fields.end());
        all.trailers.assign(parser_.trailers().begin(), parser_.trailers().end());
        all.length = parser_.head().content_length;
        all.body = body_;
        return all;
    }

  private:
    tandem::http::detail::reply_parser parser_;
    std::string unused_;
    std::string body_;
    std::size_t used_ = 0;
};

/// The reply in `bytes`, which come at once.
inline reply_outcome parsed(std::string_view bytes, bool answers_head = false) {
    reply_feeder feeder(answers_head);
    feeder.feed(bytes);
    return feeder.outcome();
}

/// The same, with `bytes` in pieces of `size`.
inline reply_outcome parsed_in_pieces(std::string_view bytes, std::size_t size, bool answers_head = false) {
    reply_feeder feeder(answers_head);
    for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
        feeder.feed(bytes.substr(0, size));
    return feeder.outcome();
}

/// The same, with `bytes` cut in two.
inline reply_outcome parsed_in_two(std::string_view bytes, std::size_t first, bool answers_head = false) {
    reply_feeder feeder(answers_head);
    feeder.feed(bytes.substr(0, first));
    feeder.feed(bytes.substr(first));
    return feeder.outcome();
}

/// Replies of every kind that the parser tells apart, good and bad.
inline const std::vector<std::string>& reply_samples() {
    static const std::string ok = "HTTP/1.1 200 OK\r\n";
    static const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
    static const std::vector<std::string> all = {
        ok + "Content-Length: 5\r\nServer: x\r\n\r\nhello",
        ok + "Content-Length: 5\r\n\r\nhello, and what nobody asked for",
        ok + "Content-Length: 0\r\n\r\n",
        ok + "content-length: 5, 5\r\nContent-Length:5\r\nConnection: close\r\n\r\nhello",
        ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        ok + "Content-Length: +5\r\n\r\nhello",
        ok + "Content-Length: 99999999999999999999\r\n\r\nhello",
        ok + "Content-Length: 10\r\n\r\nhello",
        ok + "\r\nuntil it closes\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200\nSet-Cookie: a=1\nset-cookie: b=2\n\nbare line feeds",
        "\r\n\r\nHTTP/1.1 204 \r\nX-Folded: one\r\n two\r\n\tthree\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        chunked + "5\r\nhello\r\n0\r\n\r\n",
        chunked +
            "5;a=1;b=\"two\" ; c\r\nhello\r\n006  \r\n world\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\nrest",
        chunked + "1\nh\n4;e\r\nello\r\n0\n\n",
        chunked + "5\r\nhello world\r\n0\r\n\r\n",
        chunked + "fffffffffffffffff\r\nhello",
        chunked + "5x\r\nhello\r\n0\r\n\r\n",
        chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n",
        chunked + "5\r\nhel",
        ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
        ok + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok",
        ok + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        ok + "X-Blank : before the colon\r\n\r\nbody",
        ok + "no colon\r\n\r\n",
        ok + "X: a\rb\r\n\r\n",
        ok + std::string("X: a\0b\r\n\r\n", 10),
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
    };
    return all;
}

} // namespace test
