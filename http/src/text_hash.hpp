// Looking texts up by parts of other texts.
#pragma once
#include <functional>
#include <string_view>

namespace tandem::http::detail {

/// With std::equal_to<>, lets an unordered map of strings be asked for a string_view, without a copy of it.
struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
};

} // namespace tandem::http::detail
