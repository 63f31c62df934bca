// What a request must not be made of.
#pragma once
#include <string_view>

#include <tandem/http/url.hpp>

namespace tandem::http::detail {

/// These throw bad_request, for a request to `target`: a method that is no token, or CONNECT; a header that
/// would break the request apart, or that says how long its body is.
void check_method(std::string_view method, const url& target);
void check_field(std::string_view name, std::string_view value, const url& target);

} // namespace tandem::http::detail
