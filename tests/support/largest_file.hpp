// Files that cannot grow.
#pragma once
#include <csignal>

#include <sys/resource.h>

namespace test {

/// Lets files of this process grow to so many bytes for as long as it lives.
class largest_file {
  public:
    explicit largest_file(rlim_t bytes)
        : signal_before_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
    }
    largest_file(const largest_file&) = delete;
    largest_file& operator=(const largest_file&) = delete;
    ~largest_file() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, signal_before_);
    }

  private:
    void (*signal_before_)(int);
    rlimit before_{};
};

} // namespace test
