// Checksums of many files, as sha256sum and its like write them.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tandem/base/config.hpp>
#include <tandem/http/checksum.hpp>

namespace tandem::http {

/// A list that cannot be read, or not understood: `what()` is `FILE:LINE: cause`, or `FILE: cause`.
class TANDEM_API checksum_list_error : public std::runtime_error {
  public:
    /// `line` counts from 1; 0 for none.
    checksum_list_error(std::string_view file, std::size_t line, std::string_view cause);

    const std::string& file() const noexcept { return file_; }
    std::size_t line() const noexcept { return line_; }

  private:
    std::string file_;
    std::size_t line_;
};

/// What a checksum file says, line by line:
///
///     DIGEST  NAME            as md5sum, sha1sum, sha256sum and sha512sum write it; the length tells which
///     DIGEST *NAME            the same with --binary
///     SHA256 (NAME) = DIGEST  as BSD's sha256 and --tag write it, and openssl dgst without the blanks
///     DIGEST                  alone in the list: whatever the file is called
///
/// A backslash before all that says that \\, \n and \r in the name are escapes. Blank lines and those that
/// begin with '#' are none. Anything else is an error, as a checksum that was passed over is one that was
/// not checked.
///
/// A value. Reading it from several threads is safe.
class TANDEM_API checksum_list {
  public:
    struct entry {
        /// As it is listed; empty for a digest that stands alone.
        std::string name;
        checksum sum;
        /// Where it stands, from 1.
        std::size_t line;
    };

    /// No entries.
    checksum_list() = default;

    /// Throws checksum_list_error; `file` is the name for it.
    static checksum_list parse(std::string_view text, std::string_view file = "checksums");
    /// Reads a file. Throws checksum_list_error.
    static checksum_list read(const std::string& path);

    /// The checksum of a file called `name`: the one that is listed by that name, else by a path that ends
    /// with it (`./NAME`, `folder/NAME`). By the strongest algorithm where there are several. Null where
    /// there is none. Throws checksum_list_error where the list contradicts itself about it.
    const checksum* find(std::string_view name) const;

    /// In the file's order.
    const std::vector<entry>& entries() const noexcept { return entries_; }

  private:
    void add(entry one);

    std::string file_;
    std::vector<entry> entries_;
    /// Numbers of entries, by the last part of their names.
    std::unordered_multimap<std::string, std::size_t> by_name_;
};

} // namespace tandem::http
