// The host of a URL.
#pragma once
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// `text`, the host as it stands in a URL, as a resolver takes it: percent-decoded, in lower case, a name in
/// other scripts in its xn-- form (IDNA by UTS #46, not transitional), an IPv4 address in any of the forms
/// that browsers know ("127.1", "0x7f000001") as four numbers, an IPv6 address without its brackets. Throws
/// std::invalid_argument, which says what is wrong.
std::string host_in_ascii(std::string_view text);

} // namespace tandem::http::detail
