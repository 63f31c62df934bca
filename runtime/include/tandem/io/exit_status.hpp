// How a process ended.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include <tandem/base/config.hpp>

namespace tandem {

/// What a process used from its start to its end, with those of its children that it waited for.
class TANDEM_API process_usage {
  public:
    std::chrono::microseconds user_time{};   ///< of the processor, in the program
    std::chrono::microseconds system_time{}; ///< of the processor, in the kernel for it
    std::int64_t peak_memory = 0;            ///< resident, in bytes
};

/// The end of a process: it exited with a code, or a signal ended it. A value.
class TANDEM_API exit_status {
  public:
    /// Exited with 0.
    exit_status() noexcept = default;
    /// `wait_status` as waitpid gives it.
    exit_status(int wait_status, process_usage usage) noexcept
        : status_(wait_status)
        , usage_(usage) {}

    /// Exited, with 0.
    bool success() const noexcept { return status_ == 0; }
    bool exited() const noexcept { return signal() == 0; }
    /// What the process gave to exit(), 0 to 255; 128 + n for a death by signal n, as a shell tells it.
    int code() const noexcept;
    /// The signal that ended it; 0 for one that exited.
    int signal() const noexcept { return status_ & 0x7f; }
    bool dumped_core() const noexcept { return (status_ & 0x80) != 0; }
    const process_usage& usage() const noexcept { return usage_; }

    /// "exit status 3", or "killed by signal 9 (Killed)".
    std::string to_string() const;

  private:
    int status_ = 0;
    process_usage usage_;
};

} // namespace tandem
