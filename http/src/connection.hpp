// HTTP/1.1 on one stream.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

#include <tandem/base/clock.hpp>
#include <tandem/io/byte_stream.hpp>

#include "early_look.hpp"
#include "error_site.hpp"
#include "read_buffer.hpp"
#include "reply_parser.hpp"
#include "timed_stream.hpp"

namespace tandem::http::detail {

/// Sends requests and reads their replies, one after the other. An exchange is `begin`, `write` until
/// `request_is_sent`, `read_head`, then `read_body` until `is_done`; one that ends before leaves the
/// connection unfit for another, and `can_be_reused` says so.
class connection {
  public:
    explicit connection(std::unique_ptr<byte_stream> stream) noexcept;

    /// The time limits of the next exchange, which they have to outlive.
    void obey(const time_limits& limits) noexcept { stream_.obey(limits); }

    /// `site` has to outlive the exchange. The reply to HEAD has no body; a raw one is handed out with the
    /// sizes of its chunks.
    void begin(const error_site& site, bool is_head = false, bool is_raw = false);

    /// Sends `bytes` of the request. Returns false where the server has stopped reading; it may have replied
    /// all the same.
    task<bool> write(std::string_view bytes);
    void request_is_sent() noexcept { is_sent_ = true; }

    /// Waits for a reply to `Expect: 100-continue` (RFC 9110 section 10.1.1). Returns false where that is the
    /// final one, and true where it is not, or nothing has come within `limit`.
    task<bool> may_continue(duration limit);

    /// Waits for the final reply's header, for as long as that takes. Cancelling it loses nothing.
    task<> wait_for_head();

    /// The final reply's header; informational replies before it are skipped (RFC 9110 section 15.2).
    task<reply_head*> read_head();

    /// When the first byte came of the reply whose header was read last.
    time_point first_byte_at() const noexcept { return first_byte_at_; }

    /// The next piece of the body, valid until the next call; empty at the end.
    task<std::string_view> read_body();
    /// The same where it has been read already; else nothing.
    std::string_view buffered_body();

    /// Moves the next piece of the body into `room`, which is not empty, as far as possible straight from the
    /// stream. Returns its size, 0 at the end.
    task<std::size_t> read_body_into(std::span<char> room);

    /// How much of the body is to come that `move_body` may move: nothing where some of it has been read
    /// already and not handed out, or where it has to be decrypted.
    std::uint64_t movable_bytes() const noexcept {
        return stream_.is_plain() && begin_ == end_ ? parser_.plain_bytes() : 0;
    }

    /// Lets `mover` move some of those bytes, of which there is one at least, past everything here. Returns
    /// how many, 0 at the end; what `mover` throws for its own reasons is passed on.
    task<std::size_t> move_body(body_mover& mover);

    /// Throws away what has arrived of a body that nobody wants; the reply may be done with that.
    void drop_buffered() noexcept;

    /// The fields behind a chunked body, once it is done.
    headers& trailers() noexcept { return parser_.trailers(); }

    /// True once the reply is complete.
    bool is_done() const noexcept { return parser_.is_done(); }

    /// True where the peer closed or reset the connection before the first byte of a reply.
    bool was_stale() const noexcept { return peer_closed_ && !got_bytes_; }

    /// True after a complete reply that lets the connection stand and was followed by nothing.
    bool can_be_reused() const noexcept;

    /// Gives its memory back until the next exchange.
    void rest() noexcept;
    bool is_quiet() noexcept { return stream_.is_quiet(); }

    /// Closes it for good: what it runs on ends.
    void sever() noexcept { stream_.reset(); }

  private:
    enum class patience { limited, endless };
    bool has_head();
    task<> reach_head(patience how);
    void skip_interim(int status);
    task<bool> fill(patience how = patience::limited);
    std::optional<std::size_t> try_to_begin();
    task<std::size_t> receive(std::span<char> room, patience how = patience::limited);
    void note_received(std::size_t count) noexcept;
    [[noreturn]] void fail_receiving(const std::system_error& failure);
    bool end_of_stream();
    void make_room();
    reply_parser::step parse(std::size_t most = static_cast<std::size_t>(-1));
    [[noreturn]] void fail_truncated() const;
    [[noreturn]] void fail_lost(std::string_view how) const;

    timed_stream stream_;
    const error_site* site_ = nullptr;
    reply_parser parser_;
    early_look early_look_;
    /// Bytes read and not parsed yet: [begin_, end_) of the buffer, which grows while the server fills it.
    read_buffer buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool last_read_filled_ = false;
    std::uint64_t body_bytes_ = 0;
    int interim_replies_ = 0;
    bool is_head_ = false;
    bool is_raw_ = false;
    /// Of a raw body, what was parsed and had no room: valid until the buffer is filled again.
    std::string_view raw_left_;
    bool is_sent_ = false;
    bool got_bytes_ = false;
    bool awaits_first_byte_ = false;
    time_point first_byte_at_{};
    bool peer_closed_ = false;
};

} // namespace tandem::http::detail
