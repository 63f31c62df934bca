// Two ends of a connection in memory that a test listens to and tampers with while it runs. (Faults that are
// known beforehand are those of testing::memory_stream_pair.)
#pragma once
#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <tandem/io/byte_stream.hpp>
#include <tandem/sync/event.hpp>

namespace test {

/// The bytes on their way in one direction.
struct tapped_wire {
    /// How many may be on their way at once.
    std::size_t capacity = 64 * 1024;
    /// How many a read gets at most.
    std::size_t largest_read = std::numeric_limits<std::size_t>::max();
    /// Called with what is written, which it may change.
    std::function<void(std::string&)> on_write;

    std::string bytes;
    bool is_ended = false; ///< what came is all
    bool is_reset = false; ///< reads and writes fail
    std::size_t written = 0;
    tandem::event may_read;
    tandem::event may_write;

    void end() {
        is_ended = true;
        may_read.set();
        may_write.set();
    }
    void reset() {
        is_reset = true;
        bytes.clear();
        end();
    }
};

class tapped_stream final : public tandem::byte_stream {
  public:
    tapped_stream(std::shared_ptr<tapped_wire> in, std::shared_ptr<tapped_wire> out) noexcept
        : in_(std::move(in))
        , out_(std::move(out)) {}
    ~tapped_stream() override { close(); }

    tandem::task<std::size_t> read_some(std::span<char> room) override {
        tapped_wire& wire = *in_;
        while (wire.bytes.empty() && !wire.is_ended) {
            wire.may_read.clear();
            co_await wire.may_read.wait();
        }
        if (wire.is_reset) fail(std::errc::connection_reset);
        if (is_closed_) fail(std::errc::bad_file_descriptor);
        const std::size_t count = std::min({wire.bytes.size(), room.size(), wire.largest_read});
        std::copy_n(wire.bytes.begin(), count, room.begin());
        wire.bytes.erase(0, count);
        wire.may_write.set();
        co_return count;
    }

    tandem::task<std::size_t> write_some(std::string_view bytes) override {
        tapped_wire& wire = *out_;
        while (wire.bytes.size() >= wire.capacity && !wire.is_ended) {
            wire.may_write.clear();
            co_await wire.may_write.wait();
        }
        if (is_closed_) fail(std::errc::bad_file_descriptor);
        if (wire.is_ended) fail(std::errc::broken_pipe);
        std::string part(bytes.substr(0, wire.capacity - wire.bytes.size()));
        const std::size_t count = part.size();
        wire.written += count;
        if (wire.on_write) wire.on_write(part);
        wire.bytes += part;
        wire.may_read.set();
        co_return count;
    }

    tandem::task<> write(std::string_view bytes) override {
        while (!bytes.empty())
            bytes.remove_prefix(co_await write_some(bytes));
    }

    tandem::task<> close_write() override {
        out_->end();
        co_return;
    }

    void close() noexcept override {
        is_closed_ = true;
        in_->end();
        out_->end();
    }

    bool is_quiet() noexcept override { return in_->bytes.empty() && !in_->is_ended; }

  private:
    [[noreturn]] static void fail(std::errc what) {
        throw std::system_error(std::make_error_code(what), "memory");
    }

    std::shared_ptr<tapped_wire> in_;
    std::shared_ptr<tapped_wire> out_;
    bool is_closed_ = false;
};

/// A connection in memory: the ends, to be given away, and the wires between, to be changed any time.
struct tapped_pair {
    std::shared_ptr<tapped_wire> up = std::make_shared<tapped_wire>();   ///< from the left to the right
    std::shared_ptr<tapped_wire> down = std::make_shared<tapped_wire>(); ///< from the right to the left
    std::unique_ptr<tandem::byte_stream> left = std::make_unique<tapped_stream>(down, up);
    std::unique_ptr<tandem::byte_stream> right = std::make_unique<tapped_stream>(up, down);
};

} // namespace test
