// Objects of Asio that Tandem does not know work with the token `use`.
#include <catch2/catch.hpp>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/serial_port.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/threads/block_on.hpp>

using namespace std::chrono_literals;
using namespace tandem;
namespace asio = boost::asio;

namespace {

/// A pseudo terminal: a line with a device at one end, and the test at the other.
class line {
  public:
    line() {
        REQUIRE(other_end_ >= 0);
        REQUIRE(::grantpt(other_end_) == 0);
        REQUIRE(::unlockpt(other_end_) == 0);
        termios raw{};
        ::cfmakeraw(&raw);
        ::tcsetattr(other_end_, TCSANOW, &raw);
    }
    line(const line&) = delete;
    line& operator=(const line&) = delete;
    ~line() { ::close(other_end_); }
    std::string device() const { return ::ptsname(other_end_); }
    void send(std::string_view text) const {
        REQUIRE(::write(other_end_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    std::string receive(std::size_t size) const {
        std::string text(size, ' ');
        for (std::size_t got = 0; got < size;) {
            const ssize_t count = ::read(other_end_, text.data() + got, size - got);
            REQUIRE(count > 0);
            got += static_cast<std::size_t>(count);
        }
        return text;
    }

  private:
    int other_end_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
};

} // namespace

TEST_CASE("a steady_timer is awaited, and its expiry can be moved while a task waits") {
    block_on([]() -> task<> {
        asio::steady_timer timer(asio_context(), 1ms);
        co_await timer.async_wait(use);

        timer.expires_after(1h);
        bool was_moved = false;
        auto wait = [&]() -> task<> {
            const auto [error] = co_await timer.async_wait(use_ec);
            was_moved = error == asio::error::operation_aborted;
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            co_await yield();
            co_await yield();
            timer.expires_after(1h); // Asio's own cancellation: an error, since no scope was cancelled
        };
        co_await with_group(body);
        CHECK(was_moved);
    }());
}

TEST_CASE("cancelling the scope ends the wait for a steady_timer, which can be waited for again") {
    block_on([]() -> task<> {
        asio::steady_timer timer(asio_context(), 1h);
        auto late = co_await as_result(timeout(1ms, timer.async_wait(use)));
        CHECK_THROWS_AS(late.value(), timed_out);
        // In a scope that was cancelled before, nothing begins.
        bool has_ended = false;
        auto wait = [&]() -> task<> {
            co_await timer.async_wait(use);
            has_ended = true;
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            group.cancel();
            co_return;
        };
        co_await with_group(body);
        CHECK_FALSE(has_ended);
        timer.expires_after(1ms);
        co_await timer.async_wait(use);
    }());
}

TEST_CASE("a timer that carries the token as its default needs none") {
    block_on([]() -> task<> {
        use_t::as_default_on_t<asio::steady_timer> timer(asio_context(), 1ms);
        co_await timer.async_wait();
    }());
}

TEST_CASE("a serial port is read from and written to") {
    const line cable;
    block_on([](const line& other) -> task<> {
        asio::serial_port port(asio_context(), other.device());
        port.set_option(asio::serial_port::baud_rate(115200));
        port.set_option(asio::serial_port::character_size(8));
        other.send("+READY\r\nrest");
        std::string text;
        const std::size_t count =
            co_await asio::async_read_until(port, asio::dynamic_buffer(text), "\r\n", use);
        CHECK(text.substr(0, count) == "+READY\r\n");
        const std::size_t sent = co_await asio::async_write(port, asio::buffer("AT\r", 3), use);
        CHECK(sent == 3);
        CHECK(other.receive(3) == "AT\r");
    }(cable));
}

TEST_CASE("cancelling the scope ends a read from a serial port, which goes on working") {
    const line cable;
    block_on([](const line& other) -> task<> {
        asio::serial_port port(asio_context(), other.device());
        char byte = 0;
        auto late = co_await as_result(timeout(5ms, port.async_read_some(asio::buffer(&byte, 1), use)));
        CHECK_THROWS_AS(late.value(), timed_out);
        bool was_cancelled = false;
        auto wait = [&]() -> task<> {
            try {
                char many[100];
                co_await asio::async_read(port, asio::buffer(many), use);
            } catch (const cancelled&) {
                was_cancelled = true;
                throw;
            }
        };
        auto body = [&](task_group& group) -> task<> {
            group.spawn(wait());
            co_await sleep(1ms);
            group.cancel();
        };
        co_await with_group(body);
        CHECK(was_cancelled);
        other.send("x");
        co_await port.async_read_some(asio::buffer(&byte, 1), use);
        CHECK(byte == 'x');
    }(cable));
}
