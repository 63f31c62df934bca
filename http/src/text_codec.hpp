// The two codings that URLs and credentials need.
#pragma once
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// `text` with each %XX replaced by its byte (RFC 3986 section 2.1); what is no such triplet stays.
std::string percent_decoded(std::string_view text);

/// RFC 4648 section 4.
std::string base64(std::string_view bytes);

} // namespace tandem::http::detail
