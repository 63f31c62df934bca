// Headers as an observer may see them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "reply_parser.hpp"

namespace tandem::http::detail {

/// The header at the beginning of `text`, a request as it is sent, in lines that end with LF, the values of
/// secret fields (those called `secret_names` too) masked.
std::string shown_request(std::string_view text, const std::vector<std::string>& secret_names);

/// The same of a reply, as it was understood.
std::string shown_reply(const reply_head& head);

} // namespace tandem::http::detail
