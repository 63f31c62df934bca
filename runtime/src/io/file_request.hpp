// One system call on a file, for whoever makes it: the loop on the spot, a thread, or an io_uring.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tandem::detail {

enum class file_call : std::uint8_t { open, read, write, sync, sync_data, allocate, truncate, size, close };

/// The offset of a read or write at the file's own position.
inline constexpr std::int64_t at_position = -1;

struct file_request {
    file_call call = file_call::open;
    int descriptor = -1;
    /// What `read` fills and `write` only reads.
    char* bytes = nullptr;
    /// Bytes at `bytes`; for `allocate` and `truncate` the length meant.
    std::uint64_t length = 0;
    std::int64_t offset = at_position;
    const char* path = nullptr;
    int flags = 0;
    unsigned permissions = 0;
};

/// More is not read or written by one call.
inline constexpr std::uint64_t longest_transfer = 1u << 30;

/// Makes the call, in this thread. Returns its result, or the error's number, negative.
std::int64_t make_call(const file_request& request) noexcept;

/// Reads if that needs no waiting, else -EAGAIN; -EOPNOTSUPP where the file system cannot tell.
std::int64_t read_without_waiting(const file_request& request) noexcept;

} // namespace tandem::detail
