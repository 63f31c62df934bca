// The lines of a file, without holding up the loop.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/io/file.hpp>

/// Reads a file, or whatever standard input is, as its lines are asked for. A line of a terminal or a pipe is
/// waited for without anybody else waiting.
///
///     do
///         for (; const auto line = lines.at_hand(); lines.pass()) use(*line);
///     while (co_await lines.read_on());
class line_reader {
  public:
    /// "-" is standard input. Throws std::runtime_error, which names a file that cannot be opened.
    explicit line_reader(const std::string& file);

    /// The next line without its end (`\n` or `\r\n`), which the last need not have; nothing where it has not
    /// been read as far. It stays until `pass`, valid until `read_on`.
    std::optional<std::string_view> at_hand() noexcept;
    /// Goes on to the line behind the one at hand.
    void pass() noexcept;
    /// Reads more than there is, as much as there is at a time. Returns false behind the end. Throws
    /// std::system_error, and std::runtime_error for a line of more than a mebibyte: the end of it all.
    tandem::task<bool> read_on();

    /// The number of the next line, from 1.
    std::size_t line() const noexcept { return line_; }
    /// What errors call the file.
    const std::string& name() const noexcept { return name_; }

  private:
    std::string name_;
    tandem::file in_;
    std::string buffer_;
    /// Where in the buffer the next line begins, and where it ends, as far as has been looked.
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t line_ = 1;
    bool has_ended_ = false;
};
