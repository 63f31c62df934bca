// What a server or a proxy asks of those who want in.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/http/headers.hpp>

namespace tandem::http::detail {

/// A scheme with its parameters (RFC 9110 section 11.3).
struct challenge {
    std::string scheme;
    /// What some schemes have in place of parameters: a text in something like base64.
    std::string token68;
    std::vector<std::pair<std::string, std::string>> parameters;

    bool is(std::string_view name) const noexcept { return equal_ignoring_case(scheme, name); }
    /// The first value of a parameter, without its quotes; null if there is none.
    const std::string* find(std::string_view name) const noexcept;
};

/// The challenges in a field's value, in their order (RFC 9110 section 11.6.1): several may stand in one
/// line, apart by commas, as their parameters are. What is no part of a challenge is passed over.
std::vector<challenge> parse_challenges(std::string_view value);

/// Those in every field of this name.
std::vector<challenge> challenges_in(const headers& fields, std::string_view name);

/// The parameters of a field without a scheme: Authentication-Info (RFC 7615).
challenge parse_parameters(std::string_view value);

} // namespace tandem::http::detail
