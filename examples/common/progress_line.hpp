#pragma once
#include <chrono>
#include <string_view>

/// One line on standard error that is written over again and again; nothing where that is no terminal.
class progress_line {
  public:
    progress_line();
    /// Clears the line.
    ~progress_line();
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    /// Shows `text` in place of what it showed; at most ten times a second, the calls between are dropped.
    void show(std::string_view text);
    /// Clears the line, so that other output can be printed where it stood.
    void clear();
    /// Prints a line that stays, on standard error, terminal or not.
    void print(std::string_view text);

  private:
    bool terminal_;
    bool visible_ = false;
    std::chrono::steady_clock::time_point next_{};
};
