// The header fields of a reply or a request.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem::http {

namespace detail {
class reply_parser;
/// True where the first `size` bytes of both are the same but for the case of ASCII letters.
TANDEM_API bool same_letters(const char* a, const char* b, std::size_t size) noexcept;
} // namespace detail

/// True where both are the same but for the case of ASCII letters.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && detail::same_letters(a.data(), b.data(), a.size());
}

/// Header fields in the order in which they came. Names compare without regard to case (RFC 9110
/// section 5.1).
class TANDEM_API headers {
  public:
    using field = std::pair<std::string, std::string>;

    /// The first value of `name`, empty where there is none.
    std::string_view operator[](std::string_view name) const noexcept;
    bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
    /// Every value of `name`.
    std::vector<std::string_view> all(std::string_view name) const;

    void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
    /// Replaces every value of `name` by this one.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);

    std::size_t size() const noexcept { return fields_.size(); }
    /// Makes room for this many fields at once.
    void reserve(std::size_t count) { fields_.reserve(count); }
    auto begin() const noexcept { return fields_.begin(); }
    auto end() const noexcept { return fields_.end(); }

  private:
    friend class detail::reply_parser; // continues a folded line's value
    const field* find(std::string_view name) const noexcept;

    std::vector<field> fields_;
};

} // namespace tandem::http
