// The servers that bench-download fetches from.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "download/numbered_links.hpp"
#include "download/scratch.hpp"
#include "support/child_program.hpp"

namespace bench {

/// Serves replies of any size, as late as is asked for, from a process of its own: bench-latency-server.
class latency_server {
  public:
    explicit latency_server(const scratch& at);
    /// `count` links to replies of `size` bytes, each so many milliseconds after its request.
    numbered_links links(int milliseconds, std::uint64_t size, std::size_t count) const;

  private:
    background_program process_;
    std::string base_;
};

/// Serves files as they are: nginx, with one process and its files in memory.
class file_server {
  public:
    /// Throws std::runtime_error where there is no such nginx, or it does not start.
    file_server(const std::string& nginx, const scratch& at);
    /// Makes `count` files of `size` bytes, and returns the links to them.
    numbered_links links(std::uint64_t size, std::size_t count);
    /// Removes what `links` has made.
    void clear();

  private:
    std::filesystem::path root_;
    std::uint16_t port_;
    std::optional<background_program> process_;
};

} // namespace bench
