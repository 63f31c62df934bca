// A stream under the time-outs of the request that uses it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/http/time_limits.hpp>
#include <tandem/io/byte_stream.hpp>
#include <tandem/io/tcp_stream.hpp>

#include "body_mover.hpp"
#include "error_site.hpp"

namespace tandem::http::detail {

/// Counts bytes over windows of waiting. Time in which nobody waits for the server does not count: whoever
/// reads slowly is not to blame the server.
class speed_watch {
  public:
    void reset() noexcept {
        waited_ = duration::zero();
        bytes_ = 0;
    }
    /// How much longer the window is open.
    duration left(const time_limits& limits) const noexcept { return limits.low_speed_window - waited_; }
    /// Adds to the window. Returns true where it ends with less than the limits want.
    bool is_too_slow_after(duration waited, std::size_t bytes, const time_limits& limits) noexcept;

  private:
    duration waited_ = duration::zero();
    std::uint64_t bytes_ = 0;
};

/// Reads and writes within the time limits, and throws timeout_error where they run out. All else is passed
/// on.
class timed_stream {
  public:
    explicit timed_stream(std::unique_ptr<byte_stream> stream) noexcept
        : stream_(std::move(stream))
        , plain_(dynamic_cast<tcp_stream*>(stream_.get())) {}

    /// The limits of the next exchange, which they have to outlive.
    void obey(const time_limits& limits) noexcept { limits_ = &limits; }
    /// A new exchange, which `site` has to outlive.
    void begin(const error_site& site) noexcept;
    /// From now on the first byte of a reply is waited for.
    void expect_reply() noexcept { has_begun_ = false; }

    /// Sends some of `bytes`.
    task<std::size_t> write_some(std::string_view bytes);
    /// The same, where it is known that nobody has to wait or watch the speed; returns nothing otherwise.
    std::optional<std::size_t> try_write(std::string_view bytes);
    /// Reads once. Returns 0 at the stream's end.
    task<std::size_t> read_some(std::span<char> room);
    /// The same however long it takes: while a body is sent, it is the server that waits.
    task<std::size_t> read_some_patiently(std::span<char> room) { return stream_->read_some(room); }

    /// Its bytes come as they are sent, so that the kernel may move them.
    bool is_plain() const noexcept { return stream_ && plain_; }
    /// Of a plain stream: reads what is there, and returns nothing where it would have to wait.
    std::optional<std::size_t> try_read(std::span<char> room);
    /// Of a plain stream: waits as read_some, or read_some_patiently, for there to be something to read.
    task<> until_readable();
    task<> until_readable_patiently() { return plain_->until_readable(); }
    /// Of a plain stream, behind the first byte of a reply: waits until `mover` has something to move, and
    /// returns how much it was, 0 at the stream's end.
    task<std::size_t> move_some(body_mover& mover, std::size_t most);

    explicit operator bool() const noexcept { return stream_ != nullptr; }
    bool is_quiet() noexcept { return stream_->is_quiet(); }
    void reset() noexcept { stream_.reset(); }

  private:
    task<std::size_t> move_when_ready(body_mover& mover, std::size_t most);
    template <class Operation> task<std::size_t> watched(const Operation& some, time_limit which);
    void count(duration waited, std::size_t bytes);

    std::unique_ptr<byte_stream> stream_;
    /// The same where it is TCP and nothing else; then a part of it.
    tcp_stream* plain_;
    const time_limits* limits_ = nullptr;
    const error_site* site_ = nullptr;
    speed_watch speed_;
    /// A byte of the reply has come.
    bool has_begun_ = false;
};

} // namespace tandem::http::detail
