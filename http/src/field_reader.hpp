// Takes a field's value apart, from left to right.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// What is left of a field's value. Each function takes what it names off the front, or leaves all as it is.
class field_reader {
  public:
    explicit field_reader(std::string_view text) noexcept
        : rest_(text) {}

    bool is_at_end() const noexcept { return rest_.empty(); }
    std::string_view rest() const noexcept { return rest_; }
    /// The next character; 0 at the end.
    char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

    /// Blanks and tabs (OWS, RFC 9110 section 5.6.3).
    void skip_blanks() noexcept;
    /// Returns whether `c` stood there.
    bool skip(char c) noexcept;
    /// The longest token (RFC 9110 section 5.6.2); empty where none stands there.
    std::string_view token() noexcept;
    /// What stands before the next of `ends`, without blanks around it; those, in quotes too, count.
    std::string_view until(std::string_view ends) noexcept;
    /// A quoted-string (RFC 9110 section 5.6.4) without its quotes and backslashes. One that does not end
    /// reaches to the end. Nothing where none begins.
    std::optional<std::string> quoted_string();

  private:
    std::string_view rest_;
};

} // namespace tandem::http::detail
