// Logins from a .netrc file.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// A netrc file that cannot be read, or not understood: `what()` is `FILE:LINE: cause`, or `FILE: cause`. No
/// word of the file stands in it, which could be a password.
class TANDEM_API netrc_error : public std::runtime_error {
  public:
    /// `line` counts from 1; 0 for none.
    netrc_error(std::string_view file, std::size_t line, std::string_view cause);

    const std::string& file() const noexcept { return file_; }
    std::size_t line() const noexcept { return line_; }

  private:
    std::string file_;
    std::size_t line_;
};

/// One login of a netrc file. What the file does not name is empty.
struct netrc_entry {
    /// In lower case; empty for the `default` entry.
    std::string host;
    std::string login;
    std::string password;
    std::string account;
};

/// The entries of a netrc file, as ftp knows it and curl reads it: words apart by blanks and line ends,
/// `machine NAME`, `default`, `login`, `password`, `account`, and `macdef`, whose lines up to an empty one
/// are passed over. A value in quotes may hold blanks, and the escapes \n, \r, \t, \" and \\. A '#' where one
/// of those words may stand begins a comment; in the place of a value it is one.
///
/// A value. Reading it from several threads is safe.
class TANDEM_API netrc {
  public:
    /// No entries.
    netrc() = default;

    /// Throws netrc_error; `file` is the name for it.
    static netrc parse(std::string_view text, std::string_view file = "netrc");
    /// Reads a file. Throws netrc_error. The log warns of a file with passwords that others may read.
    static netrc read(const std::string& path);
    /// The file that the environment variable NETRC names, else ~/.netrc, which need not exist.
    static netrc read_usual();

    /// The first entry for `host`, in any case, and `login` unless that is empty; else the `default` one,
    /// where its login is that. Null if there is none.
    const netrc_entry* find(std::string_view host, std::string_view login = {}) const noexcept;

    /// In the file's order.
    const std::vector<netrc_entry>& entries() const noexcept { return entries_; }

  private:
    std::vector<netrc_entry> entries_;
};

} // namespace tandem::http
