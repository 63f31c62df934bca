// Bytes on their way between OpenSSL and the stream below.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace tandem::detail {

/// A queue of bytes in one block of memory, which goes away when it is empty: an idle connection holds none.
/// Large blocks are kept by the thread for the next connection; malloc would give their pages back and fault
/// them in again.
class tls_buffer {
  public:
    /// What a read waits with while little comes.
    static constexpr std::size_t small = 4 * 1024;
    /// Four records of 16 KiB with what TLS adds to each. Beyond this a system call costs little beside what
    /// is done with its bytes.
    static constexpr std::size_t large = 65 * 1024;

    tls_buffer() noexcept = default;
    tls_buffer(const tls_buffer&) = delete;
    tls_buffer& operator=(const tls_buffer&) = delete;
    ~tls_buffer() { release(); }
    void swap(tls_buffer& other) noexcept {
        std::swap(block_, other.block_);
        std::swap(capacity_, other.capacity_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
    }

    bool empty() const noexcept { return begin_ == end_; }
    std::size_t size() const noexcept { return end_ - begin_; }
    std::string_view view() const noexcept { return {block_ + begin_, size()}; }

    /// Room for at least `least` bytes after those there are; `add` says how many came.
    std::span<char> room(std::size_t least);
    void add(std::size_t count) noexcept { end_ += count; }
    void append(std::string_view bytes);

    /// Forgets the first `count` bytes; after the last ones, gives the block back.
    void consume(std::size_t count) noexcept {
        begin_ += count;
        if (empty()) release();
    }
    void release() noexcept;

  private:
    char* block_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace tandem::detail
