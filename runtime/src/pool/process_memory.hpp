// How much memory another process has.
#pragma once
#include <cstdint>
#include <optional>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Looks at a process again and again through one open file, /proc/PID/statm: about a microsecond each time,
/// which the process itself does not spend, nor has to be allowed to.
class process_memory {
  public:
    /// Of a child that has not been reaped.
    explicit process_memory(int pid);

    /// Bytes resident that it does not share with files or other processes: what it has allocated and
    /// touched. Empty once it has ended.
    std::optional<std::uint64_t> own() const noexcept;

  private:
    unique_fd file_;
};

} // namespace tandem::detail
