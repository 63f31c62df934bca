// Files, read and written without holding up the loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/io/file_options.hpp>

namespace tandem {

namespace detail {
class file_state;
}

/// An open file.
///
/// Calls that may wait for a disk are made by an io_uring of the loop's own, or by threads where the kernel
/// has none for us: an old one, or a sandbox. TANDEM_FILE=threads or =io_uring in the environment of a loop
/// that opens its first file chooses. What is over sooner than the way there takes is done on the spot: reads
/// of at most 64 KiB that the page cache answers, and writes of at most 64 KiB, until one takes more than a
/// millisecond; that file's later writes, and its close, leave the loop alone. Files that are not regular are
/// never read or written on the spot.
///
/// Errors are std::system_error with the code of the system; what() names the operation and the path. An
/// operation on a file that is closed throws usage_error.
///
/// Cancellation stops what has not begun, and asks the io_uring to stop the rest; in either case the await
/// ends when the system is done with the buffer. An operation that succeeded delivers its value though its
/// scope was cancelled. A thread cannot be stopped in the middle: it is waited for, for as long as a read
/// from an empty FIFO takes. A cancelled `write` or `write_at` may have written a part.
///
/// Operations at the position (`read_some`, `write`, `write_some`) of two tasks at a time are a usage_error;
/// those with an offset of their own can run beside each other. Buffers and the file have to live until the
/// await has ended. Belongs to one loop's thread. Writing to a FIFO without readers raises SIGPIPE, unless
/// that is ignored.
class TANDEM_API file {
  public:
    /// No file: only assignment makes sense.
    file() noexcept;
    file(file&&) noexcept;
    file& operator=(file&&) noexcept;
    /// Closes the file, and tells nobody if that fails: `close` does. No operation may be under way.
    ~file();

    /// Opens `path`. The descriptor is closed in programs that this process starts. A FIFO opens when its
    /// other end does.
    static task<file> open(std::string path, file_options options = {});

    /// Takes over an open descriptor, in blocking mode; errors call it `name`. Throws std::system_error where
    /// it is not open, and leaves it to the caller then.
    static file adopt(int descriptor, std::string name);

    /// Reads at least one byte at the position, at most `room.size()`, and moves the position behind them.
    /// Returns how many; 0 at the end of the file, and for an empty `room`.
    task<std::size_t> read_some(std::span<char> room);

    /// Fills `room` from `offset`, in bytes, on. Returns how many bytes it has read: fewer than `room.size()`
    /// only where the file ends before. Leaves the position alone.
    task<std::size_t> read_at(std::uint64_t offset, std::span<char> room);

    /// Writes all of `bytes` at the position, and moves that behind them.
    task<> write(std::string_view bytes);

    /// Writes at least one of `bytes` at the position. Returns how many; 0 where `bytes` is empty.
    task<std::size_t> write_some(std::string_view bytes);

    /// Writes all of `bytes` from `offset`, in bytes, on. Leaves the position alone. A usage_error for a file
    /// that appends: Linux would append there, too.
    task<> write_at(std::uint64_t offset, std::string_view bytes);

    /// Moves the position to `offset` bytes from the start, also behind the end.
    void seek(std::uint64_t offset);

    /// Where the next `read_some` or `write` begins, in bytes from the start.
    std::uint64_t position() const;

    /// How long the file is, in bytes.
    task<std::uint64_t> size();

    /// Makes the file `length` bytes long: cuts it off, or fills it up with zeros. Leaves the position alone.
    task<> truncate(std::uint64_t length);

    /// Waits until the disk has the file's data and what else there is to know of it (fsync).
    task<> sync();

    /// Waits until the disk has the file's data and what is needed to read them (fdatasync).
    task<> sync_data();

    /// Sets room on the disk aside for the first `length` bytes, so that writing them cannot fail for want of
    /// it. The size of the file stays. Not every file system can (EOPNOTSUPP).
    task<> allocate(std::uint64_t length);

    /// Closes the file and reports what went wrong with earlier writes, where the file system tells only now.
    /// A file that is closed already stays so. Cancelled before it has begun, it leaves the file open.
    task<> close();

    bool is_open() const noexcept { return state_ != nullptr; }
    /// For system calls that are not offered here; -1 where no file is open.
    int descriptor() const noexcept;
    /// The path that it was opened by.
    const std::string& path() const;

  private:
    explicit file(std::unique_ptr<detail::file_state> state) noexcept;
    detail::file_state& opened() const;
    task<std::size_t> read_from(std::int64_t offset, std::span<char> room);
    task<std::size_t> write_from(std::int64_t offset, std::string_view bytes, bool all);

    std::unique_ptr<detail::file_state> state_;
};

/// All that is in the file at `path`. Throws as `file` does, and with EFBIG where there are more than `limit`
/// bytes.
TANDEM_API task<std::string> read_file(std::string path, std::size_t limit = 64 * 1024 * 1024);

/// Makes `path` a file of `bytes`, which have to live until the await has ended; a file that was there is
/// overwritten, in place: a reader may see a part of it, as may those who come after a crash.
TANDEM_API task<> write_file(std::string path, std::string_view bytes);

} // namespace tandem
