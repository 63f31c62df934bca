#include "connection.hpp"

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>
#include <system_error>

#include <tandem/coro/timeout.hpp>
#include <tandem/io/tls_failure.hpp>

namespace tandem::http::detail {

namespace {

constexpr std::size_t first_capacity = 16 * 1024;
/// Beyond this a read costs little beside what is done with its bytes.
constexpr std::size_t body_capacity = 64 * 1024;
constexpr std::size_t largest_capacity = 2 * reply_parser::longest_header;
constexpr int most_informational_replies = 50;

bool is_end(const std::error_code& error) {
    return error == std::errc::connection_reset || error == std::errc::broken_pipe ||
           error == std::errc::connection_aborted || error == tls_errc::truncated;
}

} // namespace

connection::connection(std::unique_ptr<byte_stream> stream, duration silence) noexcept
    : stream_(std::move(stream))
    , silence_(silence) {}

task<> connection::begin(std::string_view request, const error_site& site) {
    site_ = &site;
    parser_.reset();
    begin_ = end_ = 0;
    body_bytes_ = 0;
    got_bytes_ = false;
    try {
        co_await timeout(silence_, stream_->write(request));
    } catch (const std::system_error& failure) {
        peer_closed_ = is_end(failure.code());
        // A server may answer and close without reading on; the answer is worth more than this error.
        if (!peer_closed_) fail_lost(failure.code().message());
        peer_closed_ = false;
    } catch (const timed_out&) {
        throw timeout_error(site.url(), time_limit::read, std::chrono::duration<double>(silence_).count());
    }
}

task<reply_head*> connection::read_head() {
    for (int replies = 0; replies < most_informational_replies; ++replies) {
        parser_ = std::make_unique<reply_parser>();
        while (!parser_->is_header_done()) {
            if (begin_ < end_) parse();
            if (parser_->is_header_done()) break;
            bool more = co_await fill();
            if (!more && !got_bytes_) fail_lost("the server closed the connection without a reply");
            if (!more) site_->fail<truncated_error>("the connection was closed within the reply's header");
        }
        int status = parser_->head().status;
        if (status == 101)
            site_->fail<protocol_error>("the server changed the protocol without being asked to");
        if (status >= 200) co_return &parser_->head();
    }
    site_->fail<protocol_error>("too many informational replies");
}

task<std::string_view> connection::read_body() {
    while (!parser_->is_done()) {
        if (begin_ < end_) {
            auto piece = parse().body;
            body_bytes_ += piece.size();
            if (!piece.empty()) co_return piece;
            if (parser_->is_done()) break;
        }
        bool more = co_await fill();
        if (more) continue;
        reply_parser::error_code error;
        parser_->put_eof(error);
        if (error) fail_truncated();
    }
    co_return std::string_view();
}

bool connection::can_be_reused() const noexcept {
    return is_done() && parser_->keep_alive() && begin_ == end_ && !peer_closed_ && stream_;
}

void connection::rest() noexcept {
    parser_.reset();
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
    last_read_filled_ = false;
    site_ = nullptr;
}

reply_parser::step connection::parse() {
    auto made = parser_->consume(buffer_.get() + begin_, end_ - begin_);
    begin_ += made.used;
    if (made.error && made.error != boost::beast::http::error::need_more)
        site_->fail<protocol_error>("the reply is not valid HTTP: " + made.error.message());
    return made;
}

/// Reads once. Returns false at the end of the stream.
task<bool> connection::fill() {
    if (!stream_) site_->fail<truncated_error>("the loop that the request was sent on has ended");
    make_room();
    std::size_t room = capacity_ - end_;
    std::size_t count = 0;
    try {
        count = co_await timeout(silence_, stream_->read_some(std::span(buffer_.get() + end_, room)));
    } catch (const timed_out&) {
        throw timeout_error(site_->url(), time_limit::read, std::chrono::duration<double>(silence_).count());
    } catch (const std::system_error& failure) {
        peer_closed_ = is_end(failure.code());
        if (!got_bytes_) fail_lost("the connection broke before a reply: " + failure.code().message());
        if (peer_closed_) fail_truncated();
        site_->fail<truncated_error>("the connection broke: " + failure.code().message());
    }
    if (count == 0) {
        peer_closed_ = true;
        co_return false;
    }
    got_bytes_ = true;
    last_read_filled_ = count == room;
    end_ += count;
    co_return true;
}

void connection::make_room() {
    std::size_t left = end_ - begin_;
    if (begin_ > 0 && left > 0) std::memmove(buffer_.get(), buffer_.get() + begin_, left);
    begin_ = 0;
    end_ = left;
    std::size_t wanted = std::max(capacity_, first_capacity);
    if (left == wanted || (last_read_filled_ && wanted < body_capacity)) wanted *= 2;
    if (wanted > largest_capacity)
        site_->fail<protocol_error>("the reply's header or chunk header is too long");
    if (wanted == capacity_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (left > 0) std::memcpy(larger.get(), buffer_.get(), left);
    buffer_ = std::move(larger);
    capacity_ = wanted;
}

void connection::fail_truncated() const {
    if (!parser_ || !parser_->is_header_done())
        site_->fail<truncated_error>("the connection was closed within the reply's header");
    auto length = parser_->head().content_length;
    if (length)
        site_->fail<truncated_error>("the body is too short: the connection was closed after " +
                                     std::to_string(body_bytes_) + " of " + std::to_string(*length) +
                                     " bytes");
    site_->fail<truncated_error>("the body is incomplete: the connection was closed after " +
                                 std::to_string(body_bytes_) + " bytes");
}

void connection::fail_lost(std::string_view how) const {
    site_->fail<connect_error>(how);
}

} // namespace tandem::http::detail
