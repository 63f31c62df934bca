// Where a Unix socket is found.
#pragma once
#include <string>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem {

/// The name of a Unix socket: a file's path, or a name in the abstract namespace of Linux, which leaves no
/// file behind and knows no permissions.
class TANDEM_API unix_address {
  public:
    /// A path, at most 107 bytes. Throws std::invalid_argument where it is longer, empty or contains a zero.
    unix_address(std::string path);
    unix_address(const char* path)
        : unix_address(std::string(path)) {}

    /// A name in the abstract namespace, of 1 to 107 bytes. Throws std::invalid_argument.
    static unix_address abstract(std::string name);

    bool is_abstract() const noexcept { return is_abstract_; }
    /// The path, or the abstract name without the zero before it.
    const std::string& name() const noexcept { return name_; }
    /// The path, or "@name" with an @ for each zero in it too.
    std::string to_string() const;

    friend bool operator==(const unix_address&, const unix_address&) noexcept = default;

  private:
    unix_address(std::string name, bool is_abstract);

    std::string name_;
    bool is_abstract_ = false;
};

} // namespace tandem
