// Runs a test of files over both ways in which the runtime makes their calls.
#pragma once
#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

#include <sys/syscall.h>
#include <unistd.h>

#include <tandem/io/file_statistics.hpp>

#include "support/open_descriptors.hpp"

namespace test {

/// Whether this machine lets us have an io_uring at all.
inline bool has_io_uring() {
    char parameters[120] = {};
    const long ring = ::syscall(SYS_io_uring_setup, 1, parameters);
    if (ring < 0) return false;
    ::close(static_cast<int>(ring));
    return true;
}

/// Declared first in a test case, runs it twice: the loops that are made while it lives have their files in
/// an io_uring, then in threads.
class each_file_backend {
  public:
    each_file_backend()
        : name_(GENERATE(as<std::string>(), "io_uring", "threads")) {
        if (is_ring() && !has_io_uring()) {
            WARN("no io_uring here: tested with threads only");
            name_ = "threads";
        }
        ::setenv("TANDEM_FILE", name_.c_str(), 1);
    }
    each_file_backend(const each_file_backend&) = delete;
    each_file_backend& operator=(const each_file_backend&) = delete;
    ~each_file_backend() { ::unsetenv("TANDEM_FILE"); }

    const std::string& name() const { return name_; }
    bool is_ring() const { return name_ == "io_uring"; }

    /// Operations since this was declared that were not made on the spot.
    std::uint64_t hops() const {
        const auto now = tandem::file_statistics();
        return now.ring - before_.ring + now.threads - before_.threads;
    }
    /// Those that went the chosen way.
    std::uint64_t chosen() const {
        const auto now = tandem::file_statistics();
        return is_ring() ? now.ring - before_.ring : now.threads - before_.threads;
    }
    std::uint64_t inline_writes() const {
        return tandem::file_statistics().inline_writes - before_.inline_writes;
    }
    std::uint64_t inline_reads() const {
        return tandem::file_statistics().inline_reads - before_.inline_reads;
    }

  private:
    std::string name_;
    tandem::file_counts before_ = tandem::file_statistics();
};

/// Bytes that differ from their neighbours, and from those of another `seed`.
inline std::string pattern(std::size_t length, unsigned seed = 1) {
    std::string bytes(length, '\0');
    for (char& each : bytes) {
        seed = seed * 1664525 + 1013904223;
        each = static_cast<char>(seed >> 24);
    }
    return bytes;
}

} // namespace test
