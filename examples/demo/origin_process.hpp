#pragma once
#include <string>
#include <tandem/coro/task.hpp>
#include <vector>

/// The origin server as a process of its own, which ends with this object, or with this process.
class origin_process {
  public:
    /// Starts tandem-origin, which stands beside this program. Throws std::system_error if it is not there.
    explicit origin_process(const std::vector<std::string>& arguments);
    ~origin_process();
    origin_process(const origin_process&) = delete;
    origin_process& operator=(const origin_process&) = delete;

    /// Waits until it serves, and returns its URL. Throws std::runtime_error if it ends instead.
    tandem::task<std::string> url();

  private:
    int pid_ = -1;
    /// Our end of its standard input: it serves for as long as this is open.
    int lifeline_ = -1;
    int output_ = -1;
};
