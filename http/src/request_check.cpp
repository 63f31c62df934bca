#include "request_check.hpp"

#include <string>

#include <tandem/http/error.hpp>
#include <tandem/http/headers.hpp>

#include "field_syntax.hpp"

namespace tandem::http::detail {

void check_method(std::string_view method, const url& target) {
    if (!is_token(method))
        throw bad_request(target.to_string(), "the method '" + std::string(method) + "' is no token");
    if (method == "CONNECT") throw bad_request(target.to_string(), "CONNECT is for proxies");
}

void check_field(std::string_view name, std::string_view value, const url& target) {
    const auto refuse = [&](std::string_view cause) {
        throw bad_request(target.to_string(), "the header '" + std::string(name) + "' " + std::string(cause));
    };
    if (!is_token(name)) refuse("has a name that is no token");
    if (has_control_character(value)) refuse("has a control character in its value");
    if (equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Transfer-Encoding"))
        refuse("frames the body, which is done here");
}

} // namespace tandem::http::detail
