#include "timed_stream.hpp"

#include <algorithm>
#include <chrono>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/timeout.hpp>

namespace tandem::http::detail {

bool speed_watch::is_too_slow_after(duration waited, std::size_t bytes, const time_limits& limits) noexcept {
    waited_ += waited;
    bytes_ += bytes;
    if (waited_ < limits.low_speed_window) return false;
    const double wanted =
        static_cast<double>(limits.low_speed) * std::chrono::duration<double>(waited_).count();
    const bool is_slow = static_cast<double>(bytes_) < wanted;
    reset();
    return is_slow;
}

void timed_stream::begin(const error_site& site) noexcept {
    site_ = &site;
    has_begun_ = false;
    speed_.reset();
}

task<std::size_t> timed_stream::write_some(std::string_view bytes) {
    const auto some = [this, bytes] { return stream_->write_some(bytes); };
    if (limits_->low_speed > 0) co_return co_await watched(some, time_limit::write);
    try {
        co_return co_await timeout(limits_->read, stream_->write_some(bytes));
    } catch (const timed_out&) {
        site_->fail_timed_out(time_limit::write, limits_->read);
    }
}

std::optional<std::size_t> timed_stream::try_write(std::string_view bytes) {
    if (!plain_ || limits_->low_speed > 0) return std::nullopt;
    return plain_->try_write(bytes);
}

task<std::size_t> timed_stream::read_some(std::span<char> room) {
    const auto some = [this, room] { return stream_->read_some(room); };
    if (has_begun_ && limits_->low_speed > 0) co_return co_await watched(some, time_limit::read);
    const auto limit = has_begun_ ? limits_->read : limits_->before_first_byte();
    try {
        const std::size_t size = co_await timeout(limit, stream_->read_some(room));
        if (!has_begun_) speed_.reset();
        has_begun_ = true;
        co_return size;
    } catch (const timed_out&) {
        site_->fail_timed_out(has_begun_ ? time_limit::read : time_limit::first_byte, limit);
    }
}

std::optional<std::size_t> timed_stream::try_read(std::span<char> room) {
    const auto size = plain_->try_read(room);
    if (!size) return std::nullopt;
    if (!has_begun_) speed_.reset();
    has_begun_ = true;
    return size;
}

task<> timed_stream::until_readable() {
    const auto limit = has_begun_ ? limits_->read : limits_->before_first_byte();
    try {
        co_await timeout(limit, plain_->until_readable());
    } catch (const timed_out&) {
        site_->fail_timed_out(has_begun_ ? time_limit::read : time_limit::first_byte, limit);
    }
}

task<std::size_t> timed_stream::move_some(body_mover& mover, std::size_t most) {
    const auto some = [this, &mover, most] { return move_when_ready(mover, most); };
    if (limits_->low_speed > 0) co_return co_await watched(some, time_limit::read);
    try {
        co_return co_await timeout(limits_->read, some());
    } catch (const timed_out&) {
        site_->fail_timed_out(time_limit::read, limits_->read);
    }
}

task<std::size_t> timed_stream::move_when_ready(body_mover& mover, std::size_t most) {
    // A server that is faster than we are would leave nobody else a turn.
    co_await yield();
    for (;;) {
        const auto moved = mover.move_from(plain_->native_handle(), most);
        if (moved) co_return *moved;
        co_await plain_->until_readable();
    }
}

/// Waits no longer than the window is open, so that a server which moves nothing at all is too slow in time.
/// A read or write of some bytes that is cancelled loses nothing, and can begin again.
template <class Operation> task<std::size_t> timed_stream::watched(const Operation& some, time_limit which) {
    const auto begin = loop::current().now();
    auto before = begin;
    for (;;) {
        const auto silence_left = limits_->read - (before - begin);
        const auto limit = std::min(silence_left, speed_.left(*limits_));
        const auto size = co_await move_on_after(limit, some());
        const auto now = loop::current().now();
        count(now - before, size.value_or(0));
        if (size) co_return *size;
        if (now - begin >= limits_->read) site_->fail_timed_out(which, limits_->read);
        before = now;
    }
}

void timed_stream::count(duration waited, std::size_t bytes) {
    if (speed_.is_too_slow_after(waited, bytes, *limits_))
        site_->fail_timed_out(time_limit::low_speed, limits_->low_speed_window);
}

} // namespace tandem::http::detail
