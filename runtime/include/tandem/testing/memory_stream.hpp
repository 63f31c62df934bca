// A connection in memory, with the faults that a network can have: for tests of what talks over one.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include <tandem/base/clock.hpp>
#include <tandem/io/byte_stream.hpp>

namespace tandem::testing {

/// What happens to the bytes that go one way through a memory_stream_pair. None of it is left to chance: the
/// same settings give the same faults in each run. Of limits that are set together, each holds.
class TANDEM_API stream_faults {
  public:
    /// Each read, and each piece of a write, moves at most `most` bytes. Throws usage_error for 0.
    stream_faults& fragment(std::size_t most);
    /// The same, with a size from 1 to `most` drawn for each from a generator that starts at `seed`.
    stream_faults& fragment_randomly(std::size_t most, std::uint64_t seed);
    /// Each read waits for `length` before it looks for bytes, by the loop's clock: virtual time will do.
    stream_faults& delay(duration length) noexcept {
        delay_ = length;
        return *this;
    }
    /// Breaks the connection, both ways, once `bytes` bytes have been written; at once for 0. Those can still
    /// be read; then reads throw connection_reset, and so do writes. What was on its way in the other
    /// direction is lost.
    stream_faults& reset_after(std::uint64_t bytes) noexcept {
        reset_after_ = bytes;
        return *this;
    }
    /// The reader sees an orderly end after `bytes` bytes. The writer sees nothing of it: the rest is gone.
    stream_faults& truncate_after(std::uint64_t bytes) noexcept {
        truncate_after_ = bytes;
        return *this;
    }
    /// Nothing reaches the reader after `bytes` bytes, the end neither. The writer can fill the buffer, then
    /// it waits as well.
    stream_faults& stall_after(std::uint64_t bytes) noexcept {
        stall_after_ = bytes;
        return *this;
    }

  private:
    friend class memory_direction;
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    std::size_t most_ = std::numeric_limits<std::size_t>::max();
    bool draws_sizes_ = false;
    std::uint64_t seed_ = 0;
    duration delay_{};
    std::uint64_t reset_after_ = never;
    std::uint64_t truncate_after_ = never;
    std::uint64_t stall_after_ = never;
};

/// How a memory_stream_pair is made.
class TANDEM_API memory_stream_options {
  public:
    /// How many bytes one direction holds that were written and not read; a writer waits where it is full.
    /// Default: 64 KiB. Throws usage_error for 0.
    memory_stream_options& capacity(std::size_t bytes);
    /// Faults of what `first` reads, which is what `second` writes.
    memory_stream_options& to_first(const stream_faults& faults) noexcept {
        to_first_ = faults;
        return *this;
    }
    /// Faults of what `second` reads, which is what `first` writes.
    memory_stream_options& to_second(const stream_faults& faults) noexcept {
        to_second_ = faults;
        return *this;
    }

  private:
    friend class memory_stream_pair;
    std::size_t capacity_ = 64 * 1024;
    stream_faults to_first_;
    stream_faults to_second_;
};

/// One end of a connection in memory; what a byte_stream promises holds. Both ends belong to one loop. Its
/// errors are std::system_error with a code of std::errc:
///
/// - connection_reset after a reset, by the faults or by `reset`;
/// - broken_pipe for a write whose reader has closed, and for one after `close_write` or after a write that
///   was cancelled in the middle;
/// - operation_canceled for what was waiting here when this end was closed, bad_file_descriptor for what
///   comes after it.
///
/// Closing an end lets the other one read what has been written, and then the end.
class TANDEM_API memory_stream final : public byte_stream {
  public:
    memory_stream(memory_stream&&) noexcept = default;
    memory_stream& operator=(memory_stream&& other) noexcept;
    ~memory_stream() override;

    task<std::size_t> read_some(std::span<char> room) override;
    task<std::size_t> write_some(std::string_view bytes) override;
    task<> write(std::string_view bytes) override;
    task<> close_write() override;
    void close() noexcept override;
    bool is_quiet() noexcept override;

    /// Breaks the connection, both ways, as a peer that went away does. Nothing that was on its way arrives.
    void reset() noexcept;

    /// How many bytes have been read from this end, and written to it.
    std::uint64_t bytes_read() const noexcept;
    std::uint64_t bytes_written() const noexcept;

  private:
    friend class memory_stream_pair;
    class connection;
    memory_stream(std::shared_ptr<connection> shared, int side) noexcept;

    std::shared_ptr<connection> shared_;
    /// Which end it is: 0 for the first.
    int side_;
};

/// Two streams: what is written to one is read from the other.
///
///     auto [client, server] = testing::memory_stream_pair();
///     testing::memory_stream_pair slow(
///         testing::memory_stream_options().to_first(testing::stream_faults().fragment(1).delay(1s)));
class TANDEM_API memory_stream_pair {
  public:
    explicit memory_stream_pair(const memory_stream_options& options = {});

    memory_stream first;
    memory_stream second;

  private:
    explicit memory_stream_pair(std::shared_ptr<memory_stream::connection> shared) noexcept;
};

} // namespace tandem::testing
