// Many URLs written as one.
#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A text that is no pattern; what() says where and why.
class pattern_error : public std::runtime_error {
  public:
    using runtime_error::runtime_error;
};

/// Sets and ranges in a URL, written as curl has them:
///
///     http://{one,two}.example/img[001-100].jpg
///     http://example/[0-100:10]/[a-f].png
///
/// A backslash before `{`, `}`, `[` or `]` takes away its meaning; an IPv6 address in brackets has none. The
/// URLs come one by one, the last set or range changing first, so that a range of a billion costs nothing.
class url_pattern {
  public:
    /// Throws pattern_error.
    explicit url_pattern(std::string_view text);
    /// The one URL `text`, whatever characters are in it.
    static url_pattern of_one(std::string text);

    /// How many URLs there are.
    std::uint64_t count() const noexcept;

    /// The next URL; nothing after the last.
    std::optional<std::string> next();

    /// `name` for the URL that came last: `#1` becomes what the first set or range had there, `#2` the
    /// second.
    std::string fill_in(std::string_view name) const;

  private:
    using choices = std::vector<std::string>;
    /// Numbers or letters from `first` on, `step` apart.
    struct range {
        std::uint64_t first;
        std::uint64_t count;
        std::uint64_t step;
        /// How many digits a number has at least; 0 for letters.
        std::size_t width;
    };
    /// A part that changes, and the text before it.
    struct wheel {
        std::string before;
        std::variant<choices, range> values;
        std::uint64_t at = 0;

        std::uint64_t count() const noexcept;
        std::string text() const;
    };
    class reader;

    url_pattern() = default;
    void advance() noexcept;

    std::vector<wheel> wheels_;
    std::string tail_;
    bool has_begun_ = false;
    bool is_done_ = false;
};
