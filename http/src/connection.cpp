#include "connection.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/tls_failure.hpp>

namespace tandem::http::detail {

namespace {

/// Enough for what is small, so that a thousand connections that wait need no more than that each.
constexpr std::size_t first_capacity = 8 * 1024;
/// Grown to where the server is faster than we are. Beyond this a read costs little beside what is done with
/// its bytes (15 % less processor time than with 64 KiB, for files of 1 MiB over loopback).
constexpr std::size_t body_capacity = 128 * 1024;
constexpr std::size_t largest_capacity = 2 * reply_parser::longest_line;
constexpr int most_informational_replies = 50;

bool is_end(const std::error_code& error) {
    return error == std::errc::connection_reset || error == std::errc::broken_pipe ||
           error == std::errc::connection_aborted || error == tls_errc::truncated;
}

} // namespace

connection::connection(std::unique_ptr<byte_stream> stream) noexcept
    : stream_(std::move(stream)) {}

void connection::begin(const error_site& site, bool is_head, bool is_raw) {
    site_ = &site;
    stream_.begin(site);
    begin_ = end_ = 0;
    body_bytes_ = 0;
    interim_replies_ = 0;
    got_bytes_ = false;
    awaits_first_byte_ = true;
    is_head_ = is_head;
    is_raw_ = is_raw;
    raw_left_ = {};
    is_sent_ = false;
    parser_.reset(is_head, is_raw);
}

task<bool> connection::write(std::string_view bytes) {
    try {
        while (!bytes.empty()) {
            if (!stream_) site_->fail<connect_error>("the loop that the request was sent on has ended");
            auto sent = stream_.try_write(bytes);
            if (!sent) sent = co_await stream_.write_some(bytes);
            bytes.remove_prefix(*sent);
        }
        co_return true;
    } catch (const std::system_error& failure) {
        // A server may answer and close without reading on; the answer is worth more than this error.
        if (!is_end(failure.code())) fail_lost(failure.code().message());
    }
    co_return false;
}

task<bool> connection::may_continue(duration limit) {
    auto head = [this]() -> task<bool> {
        for (;;) {
            if (!has_head()) co_await reach_head(patience::endless);
            const int status = parser_.head().status;
            if (status >= 200) co_return false;
            skip_interim(status);
            if (status == 100) co_return true;
        }
    };
    try {
        co_return co_await timeout(limit, head());
    } catch (const timed_out&) {
        // Servers of old know nothing of it, and wait for the body.
    }
    co_return true;
}

task<> connection::wait_for_head() {
    for (;;) {
        if (!has_head()) co_await reach_head(patience::endless);
        if (parser_.head().status >= 200) co_return;
        skip_interim(parser_.head().status);
    }
}

task<reply_head*> connection::read_head() {
    for (;;) {
        if (!has_head()) co_await reach_head(patience::limited);
        if (parser_.head().status >= 200) co_return &parser_.head();
        skip_interim(parser_.head().status);
    }
}

/// Goes as far into the next header as need not wait, wherever an earlier call was cancelled. Returns whether
/// all of it is there.
bool connection::has_head() {
    if (parser_.is_header_done()) return true;
    if (!buffer_ && early_look_.is_due()) early_look_.note(try_to_begin().has_value());
    if (begin_ < end_) parse();
    return parser_.is_header_done();
}

/// Reads until it is.
task<> connection::reach_head(patience how) {
    do {
        const bool more = co_await fill(how);
        if (!more && !got_bytes_) fail_lost("the server closed the connection without a reply");
        if (!more) site_->fail<truncated_error>("the connection was closed within the reply's header");
    } while (!has_head());
}

void connection::skip_interim(int status) {
    if (status == 101) site_->fail<protocol_error>("the server changed the protocol without being asked to");
    if (++interim_replies_ == most_informational_replies)
        site_->fail<protocol_error>("too many informational replies");
    parser_.reset(is_head_, is_raw_);
    stream_.expect_reply();
    awaits_first_byte_ = true;
}

task<std::string_view> connection::read_body() {
    for (;;) {
        const auto piece = buffered_body();
        if (!piece.empty() || parser_.is_done()) co_return piece;
        bool more = co_await fill();
        if (!more && end_of_stream()) co_return piece;
    }
}

std::string_view connection::buffered_body() {
    if (!raw_left_.empty()) return std::exchange(raw_left_, {});
    if (parser_.is_done() || begin_ == end_) return {};
    const auto piece = parse().body;
    body_bytes_ += piece.size();
    return piece;
}

task<std::size_t> connection::read_body_into(std::span<char> room) {
    if (is_raw_) {
        // A line behind the chunks is parsed as a whole, whether there is room for it or not.
        raw_left_ = co_await read_body();
        const auto count = raw_left_.copy(room.data(), room.size());
        raw_left_.remove_prefix(count);
        co_return count;
    }
    while (!parser_.is_done()) {
        if (begin_ < end_) {
            // No more than fits, as the parser keeps nothing; behind the body it needs whole lines.
            auto made = parse(parser_.is_in_trailers() ? end_ - begin_ : room.size());
            body_bytes_ += made.body.size();
            if (!made.body.empty()) co_return made.body.copy(room.data(), room.size());
            if (made.used > 0) continue;
        }
        auto plain = static_cast<std::size_t>(std::min<std::uint64_t>(parser_.plain_bytes(), room.size()));
        if (begin_ == end_ && plain > 0) {
            std::size_t count = co_await receive(room.first(plain));
            parser_.skip(count);
            body_bytes_ += count;
            if (count > 0) co_return count;
            if (end_of_stream()) break;
        } else {
            bool more = co_await fill();
            if (!more && end_of_stream()) break;
        }
    }
    co_return 0;
}

task<std::size_t> connection::move_body(body_mover& mover) {
    if (!stream_) site_->fail<truncated_error>("the loop that the request was sent on has ended");
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    std::size_t count = 0;
    try {
        count = co_await stream_.move_some(mover, std::min(parser_.plain_bytes(), most));
    } catch (const std::system_error& failure) {
        fail_receiving(failure);
    }
    note_received(count);
    parser_.skip(count);
    body_bytes_ += count;
    if (count == 0) end_of_stream();
    co_return count;
}

void connection::drop_buffered() noexcept {
    if (!parser_.is_header_done()) return;
    while (begin_ < end_ && !parser_.is_done()) {
        const auto used = parser_.consume(buffer_.data() + begin_, end_ - begin_).used;
        if (used == 0) return;
        begin_ += used;
    }
}

/// Returns true where the reply ends with its connection, and throws where it should have gone on.
bool connection::end_of_stream() {
    if (!parser_.finish()) fail_truncated();
    return true;
}

bool connection::can_be_reused() const noexcept {
    return is_sent_ && is_done() && parser_.keep_alive() && begin_ == end_ && !peer_closed_ && stream_;
}

void connection::rest() noexcept {
    parser_.reset();
    buffer_ = {};
    begin_ = end_ = 0;
    last_read_filled_ = false;
    site_ = nullptr;
}

/// Gives the parser at most `most` of the bytes there are.
reply_parser::step connection::parse(std::size_t most) {
    auto made = parser_.consume(buffer_.data() + begin_, std::min(end_ - begin_, most));
    begin_ += made.used;
    if (parser_.trouble())
        site_->fail<protocol_error>("the reply is not valid HTTP: " + std::string(parser_.trouble()));
    return made;
}

/// Reads once. Returns false at the end of the stream.
task<bool> connection::fill(patience how) {
    if (!buffer_ && stream_.is_plain()) {
        try {
            if (how == patience::endless)
                co_await stream_.until_readable_patiently();
            else
                co_await stream_.until_readable();
        } catch (const std::system_error& failure) {
            fail_receiving(failure);
        }
        if (const auto count = try_to_begin()) co_return *count > 0;
    }
    make_room();
    const std::size_t room = buffer_.capacity() - end_;
    const std::size_t count = co_await receive(std::span(buffer_.data() + end_, room), how);
    last_read_filled_ = count == room;
    end_ += count;
    co_return count > 0;
}

/// Reads the beginning of a reply where it is there already, over a plain stream. Where it is not, no memory
/// is kept while the server thinks: thousands of connections may wait at a time.
std::optional<std::size_t> connection::try_to_begin() {
    if (buffer_ || !stream_.is_plain()) return std::nullopt;
    make_room();
    try {
        const auto count = stream_.try_read({buffer_.data(), buffer_.capacity()});
        if (!count) {
            buffer_ = {};
            return std::nullopt;
        }
        last_read_filled_ = *count == buffer_.capacity();
        end_ = *count;
        note_received(*count);
        return count;
    } catch (const std::system_error& failure) {
        fail_receiving(failure);
    }
}

/// Reads once from the stream, within the time limits. Returns 0 at its end.
task<std::size_t> connection::receive(std::span<char> room, patience how) {
    if (!stream_) site_->fail<truncated_error>("the loop that the request was sent on has ended");
    std::size_t count = 0;
    try {
        if (how == patience::endless)
            count = co_await stream_.read_some_patiently(room);
        else
            count = co_await stream_.read_some(room);
    } catch (const std::system_error& failure) {
        fail_receiving(failure);
    }
    note_received(count);
    co_return count;
}

void connection::note_received(std::size_t count) noexcept {
    if (count == 0)
        peer_closed_ = true;
    else
        got_bytes_ = true;
    if (count > 0 && std::exchange(awaits_first_byte_, false)) first_byte_at_ = loop::current().now();
}

void connection::fail_receiving(const std::system_error& failure) {
    peer_closed_ = is_end(failure.code());
    // TLS 1.3 tells a client only now that its certificate was refused.
    if (!got_bytes_ && failure.code() == tls_errc::alert_received) site_->fail<tls_error>(failure.what());
    if (!got_bytes_) fail_lost("the connection broke before a reply: " + failure.code().message());
    if (peer_closed_) fail_truncated();
    site_->fail<truncated_error>("the connection broke: " + failure.code().message());
}

void connection::make_room() {
    std::size_t left = end_ - begin_;
    if (begin_ > 0 && left > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, left);
    begin_ = 0;
    end_ = left;
    std::size_t wanted = std::max(buffer_.capacity(), first_capacity);
    if (left == wanted || (last_read_filled_ && wanted < body_capacity)) wanted *= 2;
    if (wanted > largest_capacity)
        site_->fail<protocol_error>("the reply's header or chunk header is too long");
    if (wanted == buffer_.capacity()) return;
    read_buffer larger(wanted);
    if (left > 0) std::memcpy(larger.data(), buffer_.data(), left);
    buffer_ = std::move(larger);
}

void connection::fail_truncated() const {
    if (!parser_.is_header_done())
        site_->fail<truncated_error>("the connection was closed within the reply's header");
    auto length = parser_.head().content_length;
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
