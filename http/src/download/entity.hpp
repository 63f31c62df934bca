// Which of the many bodies that a URL may have had a part of a file is of.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "reply_parser.hpp"

namespace tandem::http::detail {

/// What a reply says of the body it brings, as far as a later request for the rest has to know.
struct entity {
    /// The URL that was asked for, without user, password and fragment.
    std::string url;
    /// The ETag, where it is a strong one (RFC 9110 section 8.8.3); else empty.
    std::string etag;
    /// As they came.
    std::string last_modified;
    std::string date;
    /// How long the whole is, where the server said it.
    std::optional<std::uint64_t> total;

    entity() = default;
    /// Of a reply that brings all of it.
    entity(std::string from, const reply_head& head);

    /// What If-Range may hold (RFC 9110 section 13.1.5): the strong ETag, else the Last-Modified if the reply
    /// was made a second later at least, so that it stands for one body only (section 8.8.2.2); else empty.
    std::string validator() const;

    /// Whether a later reply shows the same validator. One that shows none does not.
    bool is_shown_by(const headers& fields) const;
};

/// What a Content-Range says (RFC 9110 section 14.4): `bytes 0-99/200`, or `bytes */200` for none at all.
struct content_range {
    /// Without it: no part.
    std::optional<std::uint64_t> first;
    /// The last byte's.
    std::uint64_t last = 0;
    std::optional<std::uint64_t> total;
};

/// Nothing where there is none, or one that makes no sense.
std::optional<content_range> content_range_of(const headers& fields);

} // namespace tandem::http::detail
