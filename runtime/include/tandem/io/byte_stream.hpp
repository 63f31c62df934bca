// What every stream of bytes has in common: TCP, Unix, TLS, a pipe, or one in memory for tests.
#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include <tandem/coro/task.hpp>

namespace tandem {

/// Bytes in order, both ways. One task may read while another writes; two that read, or two that write, at a
/// time are a usage_error.
///
/// The functions throw std::system_error, whose what() names the peer. A read that has bytes delivers them,
/// also where its scope is cancelled meanwhile; one that is cancelled before leaves the stream as it was. A
/// cancelled write may have sent a part: `write_some` tells how much it sent, and a `write` that was
/// cancelled in the middle leaves the stream broken, so that later writes throw. Belongs to its loop's
/// thread. Closed when destroyed.
class TANDEM_API byte_stream {
  public:
    virtual ~byte_stream();

    /// Waits for at least one byte and moves what there is, at most `room.size()` bytes, into `room`. Returns
    /// how many; 0 at the orderly end of the stream, and for an empty `room`.
    virtual task<std::size_t> read_some(std::span<char> room) = 0;

    /// Waits until some of `bytes` can go and sends those. Returns how many: at least one, unless `bytes` is
    /// empty.
    virtual task<std::size_t> write_some(std::string_view bytes) = 0;

    /// Sends all of `bytes`, waiting wherever the peer takes no more.
    virtual task<> write(std::string_view bytes) = 0;

    /// Tells the peer that no more will come, and goes on reading (a half-closed stream). Later writes throw.
    virtual task<> close_write() = 0;

    /// Ends both directions at once; what waits on the stream throws. Does nothing the second time.
    virtual void close() noexcept = 0;

    /// True while a read would have to wait: nothing has arrived, the end neither. What a pool asks of an
    /// idle connection before it is used again.
    virtual bool is_quiet() noexcept = 0;

  protected:
    byte_stream() = default;
    byte_stream(byte_stream&&) = default;
    byte_stream& operator=(byte_stream&&) = default;
};

} // namespace tandem
