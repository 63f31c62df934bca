// What a worker says on stderr: passed on by line, and its last words kept.
#pragma once
#include <deque>
#include <string>
#include <string_view>

namespace tandem::detail {

class stderr_tail {
  public:
    explicit stderr_tail(int pid)
        : pid_(pid) {}

    /// Takes what was read; complete lines go to the log: the worker's own records as they are, all else as
    /// warnings.
    void append(std::string_view text);
    /// The last lines, the one not yet ended included.
    std::string last_words() const;

  private:
    /// Enough for a sanitizer's report up to the interesting part of the stack.
    static constexpr std::size_t lines_kept = 32;
    static constexpr std::size_t line_limit = 1024;
    /// Of a record of the worker's log: longer than any that is read.
    static constexpr std::size_t record_limit = 64 * 1024;

    void end_line();

    int pid_;
    std::deque<std::string> lines_;
    std::string open_line_;
};

} // namespace tandem::detail
