// Lists of files to get.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>

#include "download/line_reader.hpp"
#include "download/list_item.hpp"

/// A list that cannot be understood: `what()` is `FILE:LINE: cause`.
class list_error : public std::runtime_error {
  public:
    list_error(const std::string& file, std::size_t line, const std::string& cause)
        : runtime_error(file + ":" + std::to_string(line) + ": " + cause)
        , line_(line) {}
    /// From 1.
    std::size_t line() const noexcept { return line_; }

  private:
    std::size_t line_;
};

/// A list as wget, aria2 or a program writes it, told apart line by line:
///
///     https://example.org/a.iso
///     https://example.org/b.iso <TAB> https://mirror.example/b.iso
///       out=other.iso
///       checksum=sha-256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
///       header=Accept: application/octet-stream
///     {"url": "https://example.org/c", "out": "c.bin", "headers": {"Accept": "*/*"}}
///
/// A line that begins with a blank belongs to the URL before it: `out`, `dir`, `checksum`, `header`,
/// `referer`, `user-agent`, and `mirror`, of which, as of `header`, there may be several. A JSON object says
/// the same with `url`, `out`, `dir`, `checksum`, `headers` (an object, or a list of texts `Name: value`) and
/// `mirrors` (a list). Empty lines and those whose first character is '#' are none. Anything else is an
/// error, so that nothing is left out because of a slip.
///
/// Read as it is asked for: a million items take no more room than one. That an item is complete is known
/// when the next line has come.
class item_list {
  public:
    /// "-" is standard input. Throws std::runtime_error where the file cannot be read.
    explicit item_list(const std::string& file)
        : lines_(file) {}

    /// The next item; nothing behind the last. Throws list_error, and goes on behind the item that is wrong
    /// when it is called again; anything else it throws is the end.
    tandem::task<std::optional<list_item>> next();

    /// The next item where all its lines have been read; else nothing, and `next` reads on. Throws list_error
    /// as that.
    std::optional<list_item> at_hand();

  private:
    void take(std::string_view line);
    std::optional<list_item> complete();

    line_reader lines_;
    /// What the lines so far say of the next item, if there were some.
    std::optional<list_item> made_;
    /// What is wrong with it.
    std::optional<list_error> wrong_;
};

/// How many items the list in `file` has, wrong ones included: a pass of its own over all lines, of which it
/// holds one. Throws as item_list does.
tandem::task<std::uint64_t> count_items(std::string file);
