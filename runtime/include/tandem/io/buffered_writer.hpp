// Gathers small writes to a stream of bytes into large ones.
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

#include <tandem/io/byte_stream.hpp>

namespace tandem {

/// A buffer of bounded size in front of a byte_stream:
///
///     buffered_writer writer(peer);
///     for (auto& row : rows) co_await writer.write(row.text());
///     co_await writer.flush();
///
/// Bytes go out when the buffer is full and at `flush`, not by themselves; a write that finds the buffer full
/// waits for the peer (back-pressure). What was not flushed when the writer is destroyed is dropped: no
/// destructor can wait. What the stream throws passes through. One task writes at a time, else usage_error.
/// Refers to the stream, which others should not write to meanwhile. Belongs to its loop's thread.
class TANDEM_API buffered_writer {
  public:
    explicit buffered_writer(byte_stream& stream, std::size_t capacity = 16 * 1024);
    buffered_writer(const buffered_writer&) = delete;
    buffered_writer& operator=(const buffered_writer&) = delete;
    ~buffered_writer();

    /// Takes a copy of `bytes` into the buffer, and waits for room first where there is not enough. One as
    /// large as the whole buffer is sent from where it is, after what is in the buffer.
    ///
    /// A cancelled write has taken all of `bytes` or none of it; the stream and what is in the buffer are as
    /// good as before. Only one that bypasses the buffer can stop in its middle: later writes throw
    /// std::system_error then.
    task<> write(std::string_view bytes);

    /// Sends all that is in the buffer. Cancelled, it leaves there what it has not sent.
    task<> flush();

    /// Flushes, then tells the peer that no more will come.
    task<> close_write();

    /// How many bytes wait in the buffer.
    std::size_t buffered() const noexcept { return end_ - begin_; }

  private:
    class turn;
    class direct_write;
    /// Sends from the buffer until at most `rest` bytes are left in it.
    task<> drain(std::size_t rest);
    void check() const;

    byte_stream& stream_;
    std::size_t capacity_;
    std::unique_ptr<char[]> buffer_;
    /// Where in the buffer lies what was not sent yet.
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool is_writing_ = false;
    bool is_broken_ = false;
};

} // namespace tandem
