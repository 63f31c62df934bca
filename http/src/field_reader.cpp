#include "field_reader.hpp"

#include <algorithm>

#include "field_syntax.hpp"

namespace tandem::http::detail {

void field_reader::skip_blanks() noexcept {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
}

bool field_reader::skip(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
}

std::string_view field_reader::token() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && is_token(rest_.substr(size, 1)))
        ++size;
    const auto found = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return found;
}

std::string_view field_reader::until(std::string_view ends) noexcept {
    skip_blanks();
    auto found = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(found.size());
    return found.substr(0, found.find_last_not_of(" \t") + 1);
}

std::optional<std::string> field_reader::quoted_string() {
    if (!skip('"')) return std::nullopt;
    std::string text;
    while (!rest_.empty() && !skip('"')) {
        if (rest_.size() > 1) skip('\\');
        text += rest_.front();
        rest_.remove_prefix(1);
    }
    return text;
}

} // namespace tandem::http::detail
