// What is behind a tcp_stream.
#pragma once
#include <tandem/io/connect_options.hpp>
#include <tandem/io/endpoint.hpp>

#include "io/descriptor_stream.hpp"

namespace tandem::detail {

class tcp_core final : public descriptor_stream {
  public:
    tcp_core(unique_fd socket, const endpoint& remote) noexcept
        : descriptor_stream(std::move(socket), kind::socket)
        , remote_(remote) {}

    const endpoint& remote() const noexcept { return remote_; }
    std::string peer() const override { return remote_.to_string(); }

  private:
    endpoint remote_;
};

/// A new socket with these options, which begins to connect to `to`. Throws std::system_error.
task<std::unique_ptr<tcp_core>> connect_to(endpoint to, const connect_options& options);

} // namespace tandem::detail
