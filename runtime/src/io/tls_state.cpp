#include "io/tls_state.hpp"

#include <chrono>

#include <tandem/base/error.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/coro/timeout.hpp>

#include "io/tls_shared.hpp"

namespace tandem {

namespace {

using detail::tls_buffer;

/// One task a direction.
class in_use {
  public:
    in_use(bool& flag, const char* mistake)
        : flag_(flag) {
        if (flag) throw usage_error(mistake);
        flag = true;
    }
    in_use(const in_use&) = delete;
    in_use& operator=(const in_use&) = delete;
    ~in_use() { flag_ = false; }

  private:
    bool& flag_;
};

constexpr const char* two_readers = "two tasks read from one tls_stream: one at a time can";
constexpr const char* two_writers = "two tasks write to one tls_stream: one at a time can";

[[noreturn]] void throw_closed(const std::string& peer) {
    throw std::system_error(std::make_error_code(std::errc::bad_file_descriptor), peer + ": closed here");
}

} // namespace

task<> tls_stream::state::shake_hands() {
    for (;;) {
        std::optional<tls_failure> failed;
        bool is_done = false;
        try {
            is_done = engine_.shake_hands();
        } catch (const tls_failure& failure) {
            failed = failure;
        }
        if (failed) {
            co_await say_why();
            throw *failed;
        }
        if (is_done) break;
        std::exception_ptr unsent;
        try {
            co_await flush();
        } catch (const std::system_error&) {
            unsent = std::current_exception();
        }
        try {
            co_await fill();
        } catch (const std::system_error&) {
            // A peer that closes before it has read all may have said why; if not, that it closed is all.
            if (unsent) std::rethrow_exception(unsent);
            throw;
        }
    }
    // A TLS 1.3 server has but tickets left, and a client that does not read yet: they go with its first
    // read or write.
    if (engine_.shared().is_server() && SSL_version(engine_.native()) == TLS1_3_VERSION) co_return;
    co_await flush();
}

task<std::size_t> tls_stream::state::read_some(std::span<char> room) {
    const in_use mine(has_reader_, two_readers);
    if (room.empty()) co_return 0;
    for (;;) {
        if (is_closed_) throw_closed(engine_.peer());
        std::optional<tls_failure> failed;
        detail::tls_engine::read_outcome got{};
        try {
            got = engine_.read(room);
        } catch (const tls_failure& failure) {
            failed = failure;
        }
        if (failed) {
            co_await say_why();
            throw *failed;
        }
        if (got.count > 0 || got.is_end) co_return got.count;
        co_await fill();
    }
}

task<std::size_t> tls_stream::state::write_some(std::string_view bytes) {
    const in_use mine(has_writer_, two_writers);
    check_writable();
    if (bytes.empty()) co_return 0;
    const std::size_t count = co_await encrypt(bytes);
    try {
        co_await flush();
    } catch (const cancelled&) {
        // They count as sent. The next await throws again.
        leave_rest();
    }
    co_return count;
}

task<> tls_stream::state::write(std::string_view bytes) {
    const in_use mine(has_writer_, two_writers);
    check_writable();
    bool has_begun = false;
    try {
        while (!bytes.empty()) {
            const std::size_t count = co_await encrypt(bytes);
            has_begun = true;
            bytes.remove_prefix(count);
            co_await flush();
        }
    } catch (const cancelled&) {
        is_broken_ = has_begun;
        leave_rest();
        throw;
    }
}

task<std::size_t> tls_stream::state::encrypt(std::string_view bytes) {
    // What an earlier call left over goes first, so that no more than one batch ever waits.
    if (has_output()) co_await flush();
    for (;;) {
        const std::size_t count = engine_.write(bytes);
        if (count > 0) co_return count;
        co_await fill();
    }
}

task<> tls_stream::state::close_write() {
    const in_use mine(has_writer_, two_writers);
    if (!is_write_closed_) {
        check_writable();
        if (has_output()) co_await flush();
        while (!engine_.close_write())
            co_await fill();
        is_write_closed_ = true;
    }
    // One that was cancelled here is made up for by the next.
    co_await flush();
}

void tls_stream::state::close() noexcept {
    is_closed_ = true;
    if (below_) below_->close();
}

bool tls_stream::state::is_quiet() noexcept {
    return !is_closed_ && !is_cut_off_ && !engine_.has_news() && below_->is_quiet();
}

void tls_stream::state::check_writable() const {
    if (is_closed_) throw_closed(engine_.peer());
    if (is_broken_)
        throw tls_failure(tls_errc::broken, engine_.peer(), "an earlier write was cancelled in the middle");
    if (is_write_closed_)
        throw std::system_error(std::make_error_code(std::errc::broken_pipe),
                                engine_.peer() + ": the write side is closed");
}

task<> tls_stream::state::fill() {
    const std::uint64_t before = arrivals_;
    auto held = co_await read_lock_.lock();
    if (arrivals_ != before) co_return;
    if (is_cut_off_) throw engine_.cut_off();
    const auto room = engine_.input().room(last_read_was_long_ ? tls_buffer::large : tls_buffer::small);
    detail::promise_base& self = co_await detail::this_task();
    for (;;) {
        cancel_scope pause(self);
        std::size_t count = 0;
        try {
            count = co_await read_below(room, pause);
        } catch (const cancelled& stop) {
            if (!pause.owns(stop)) throw;
            continue;
        }
        last_read_was_long_ = count >= tls_buffer::small;
        engine_.input().add(count);
        ++arrivals_;
        if (count > 0) co_return;
        is_cut_off_ = true;
        throw engine_.cut_off();
    }
}

task<std::size_t> tls_stream::state::read_below(std::span<char> room, cancel_scope& pause) {
    detail::promise_base& self = co_await detail::this_task();
    auto reading = below_->read_some(room);
    pause_ = &pause;
    std::exception_ptr failed;
    std::size_t count = 0;
    if (!has_output() || write_error_ || write_lock_.is_locked()) {
        try {
            count = co_await detail::in_scope(pause, reading);
        } catch (...) {
            failed = std::current_exception();
        }
    } else {
        // Not one after the other: the peer may take nothing before it has sent all.
        detail::kept_children beside(self);
        const auto sending = flush_quietly();
        beside.start(sending.promise());
        try {
            count = co_await detail::in_scope(pause, reading);
        } catch (...) {
            failed = std::current_exception();
        }
        beside.scope().cancel();
        co_await beside.join();
    }
    pause_ = nullptr;
    if (failed) std::rethrow_exception(failed);
    co_return count;
}

task<> tls_stream::state::flush_quietly() {
    try {
        co_await flush();
    } catch (const std::system_error&) {
        // Told to whoever writes next; what the peer still sends can be read all the same.
    }
}

task<> tls_stream::state::flush() {
    auto held = co_await write_lock_.lock();
    if (write_error_) std::rethrow_exception(write_error_);
    try {
        while (has_output()) {
            if (sending_.empty()) sending_.swap(engine_.output());
            const std::size_t count = co_await below_->write_some(sending_.view());
            sending_.consume(count);
        }
    } catch (const cancelled&) {
        leave_rest();
        throw;
    } catch (...) {
        write_error_ = std::current_exception();
        throw;
    }
}

void tls_stream::state::leave_rest() noexcept {
    if (has_output() && pause_) pause_->cancel();
}

task<> tls_stream::state::say_why() {
    if (!has_output() || write_error_ || write_lock_.is_locked()) co_return;
    co_await move_on_after(std::chrono::seconds(1), flush_quietly());
}

} // namespace tandem
