// What the listeners for TCP and Unix sockets have in common.
#pragma once
#include <string>

#include <tandem/coro/task.hpp>

#include "io/socket_address.hpp"
#include "io/watched_descriptor.hpp"

namespace tandem::detail {

/// A connection, and who has made it.
struct accepted_socket {
    unique_fd socket;
    socket_address from;
};

class listening_socket {
  public:
    /// `socket` listens already; `where` is for errors.
    listening_socket(unique_fd socket, std::string where)
        : descriptor_(std::move(socket))
        , where_(std::move(where)) {}

    /// The contract is that of tcp_listener::accept.
    task<accepted_socket> accept();
    void close() noexcept { descriptor_.close(); }
    int descriptor() const noexcept { return descriptor_.get(); }

  private:
    enum class attempt { accepted, nobody_waits, no_room };
    /// Throws what is neither.
    attempt accept_now(accepted_socket& next);
    [[noreturn]] void fail(const char* action, int error) const;

    watched_descriptor descriptor_;
    std::string where_;
    /// Why the call before this one failed, where there was no room for another descriptor; else 0.
    int shortage_ = 0;
};

} // namespace tandem::detail
