// The lines of a file, without holding up the loop.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/io/file.hpp>

/// Reads a file, or whatever standard input is, line by line as they are asked for. A line of a terminal or a
/// pipe is waited for without anybody else waiting.
class line_reader {
  public:
    /// "-" is standard input. Throws std::runtime_error, which names a file that cannot be opened.
    explicit line_reader(const std::string& file);

    /// The next line without its end (`\n` or `\r\n`); nothing behind the last, which need not have one.
    /// Throws std::system_error, and std::runtime_error for a line of more than a mebibyte: the end of it
    /// all.
    tandem::task<std::optional<std::string>> next();

    /// The number of the line that came last, from 1.
    std::size_t line() const noexcept { return line_; }
    /// What errors call the file.
    const std::string& name() const noexcept { return name_; }

  private:
    tandem::task<bool> fill();

    std::string name_;
    tandem::file in_;
    std::string buffer_;
    /// Where in the buffer the next line begins, and up to where there is no end of it.
    std::size_t begin_ = 0;
    std::size_t seen_ = 0;
    std::size_t line_ = 0;
    bool has_ended_ = false;
};
