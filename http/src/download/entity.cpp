#include "download/entity.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "retry/http_date.hpp"

namespace tandem::http::detail {

namespace {

/// RFC 9110 section 8.8.3: quoted, without quotes and control characters within, and not weak.
bool is_strong_etag(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
    const auto inner = text.substr(1, text.size() - 2);
    return std::all_of(inner.begin(), inner.end(),
                       [](unsigned char c) { return c > 0x20 && c != '"' && c != 0x7f; });
}

/// The one value of a field; empty where there are several.
std::string_view only(const headers& fields, std::string_view name) {
    const std::string* found = nullptr;
    for (const auto& [each, value] : fields) {
        if (!equal_ignoring_case(each, name)) continue;
        if (found) return {};
        found = &value;
    }
    return found ? std::string_view(*found) : std::string_view();
}

/// A part of a coded body is of use only to who has the rest in the same coding.
bool is_coded(const headers& fields) {
    const auto coding = fields["Content-Encoding"];
    return !coding.empty() && !equal_ignoring_case(coding, "identity");
}

bool take_number(std::string_view& text, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

entity::entity(std::string from, const reply_head& head)
    : url(std::move(from))
    , last_modified(only(head.fields, "Last-Modified"))
    , total(head.content_length) {
    if (is_coded(head.fields)) return;
    date = only(head.fields, "Date");
    const auto tag = only(head.fields, "ETag");
    if (is_strong_etag(tag)) etag = tag;
}

std::string entity::validator() const {
    if (!etag.empty()) return etag;
    const auto changed = http_date(last_modified);
    const auto sent = http_date(date);
    const bool is_strong = changed && sent && *sent - *changed >= std::chrono::seconds(1);
    return is_strong ? last_modified : std::string();
}

bool entity::is_shown_by(const headers& fields) const {
    const auto mine = validator();
    if (mine.empty()) return false;
    return only(fields, etag.empty() ? "Last-Modified" : "ETag") == mine;
}

std::optional<content_range> content_range_of(const headers& fields) {
    auto text = only(fields, "Content-Range");
    constexpr std::string_view unit = "bytes ";
    if (!equal_ignoring_case(text.substr(0, unit.size()), unit)) return std::nullopt;
    text.remove_prefix(unit.size());
    content_range made;
    if (!take(text, '*')) {
        std::uint64_t first = 0;
        if (!take_number(text, first) || !take(text, '-') || !take_number(text, made.last))
            return std::nullopt;
        if (made.last < first) return std::nullopt;
        made.first = first;
    }
    if (!take(text, '/')) return std::nullopt;
    if (text == "*") return made.first ? std::optional(made) : std::nullopt;
    std::uint64_t total = 0;
    if (!take_number(text, total) || !text.empty() || (made.first && made.last >= total)) return std::nullopt;
    made.total = total;
    return made;
}

} // namespace tandem::http::detail
