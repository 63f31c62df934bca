// Where a body goes that is not read.
#pragma once
#include <cstddef>
#include <optional>

namespace tandem::http::detail {

class body_mover {
  public:
    virtual ~body_mover() = default;

    /// Moves what the socket has, at most `most` bytes, without waiting for it. Returns how many: 0 at its
    /// end, nothing where it had to wait. Throws std::system_error for the socket, and http::error for what
    /// is on the other side.
    virtual std::optional<std::size_t> move_from(int socket, std::size_t most) = 0;
};

} // namespace tandem::http::detail
