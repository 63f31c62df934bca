// Reads lines, records and whole bodies from a stream of bytes.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tandem/io/byte_stream.hpp>
#include <tandem/io/incomplete_read.hpp>
#include <tandem/io/limit_exceeded.hpp>

namespace tandem {

/// A buffer in front of a byte_stream, whose reads it makes large ones:
///
///     buffered_reader reader(peer);
///     while (auto line = co_await reader.read_line()) …
///
/// Nothing is lost when a read is cancelled, times out or fails: what had come stays in the buffer, and the
/// next read goes on from there. What the stream throws passes through. One task reads at a time, else
/// usage_error. Refers to the stream, which others should not read from meanwhile. Belongs to its loop's
/// thread.
class TANDEM_API buffered_reader {
  public:
    /// How long a line or record may be where the caller does not say, in bytes.
    static constexpr std::size_t default_limit = 64 * 1024;

    /// `capacity` is how many bytes the stream is asked for at a time; the buffer grows beyond it where a
    /// single read asks for more.
    explicit buffered_reader(byte_stream& stream, std::size_t capacity = 16 * 1024);
    buffered_reader(const buffered_reader&) = delete;
    buffered_reader& operator=(const buffered_reader&) = delete;
    ~buffered_reader();

    /// What is there, at most `room.size()` bytes; waits for the first. Returns how many, 0 at the end of the
    /// stream.
    task<std::size_t> read_some(std::span<char> room);

    /// The next `count` bytes. Throws incomplete_read where the stream ends before. The memory for all of
    /// them is taken as they come, not before.
    task<std::string> read_exactly(std::size_t count);
    /// The same, into `room`, which is filled.
    task<> read_exactly(std::span<char> room);

    /// All up to the next `delimiter` (not empty), which is the end of what is returned. Throws
    /// limit_exceeded where that is longer than `limit` bytes, and incomplete_read where the stream ends
    /// before.
    task<std::string> read_until(std::string delimiter, std::size_t limit = default_limit);

    /// The next line without its end (`\n` or `\r\n`); empty at the end of the stream. A last line need not
    /// have an end. Throws limit_exceeded where the line, its end included, is longer than `limit` bytes.
    task<std::optional<std::string>> read_line(std::size_t limit = default_limit);

    /// All that comes until the end of the stream. Throws limit_exceeded once that is more than `limit`
    /// bytes.
    task<std::string> read_to_end(std::size_t limit);

    /// What has come and was not read yet. Valid until the next read.
    std::string_view buffered() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }

  private:
    class turn;
    /// Reads once from the stream, as much as there is room for once the buffer has some for `wanted` bytes
    /// altogether. Returns false at the end of the stream.
    task<bool> fill(std::size_t wanted);
    void make_room(std::size_t wanted);
    void consume(std::size_t count) noexcept;
    std::string take(std::size_t count);
    /// How many bytes there are up to the end of `delimiter`, once it is there; 0 at the end of the stream.
    task<std::size_t> find(std::string_view delimiter, std::size_t limit, const char* what);

    byte_stream& stream_;
    /// How much the stream is asked for at a time.
    std::size_t step_;
    std::size_t capacity_ = 0;
    std::unique_ptr<char[]> buffer_;
    /// Where in the buffer lies what was not read yet.
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool is_reading_ = false;
};

} // namespace tandem
