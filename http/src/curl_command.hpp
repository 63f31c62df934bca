// A request as a command line.
#pragma once
#include <string>

#include <tandem/http/client_options.hpp>

#include "request_parts.hpp"

namespace tandem::http::detail {

/// The curl command that sends the request, for a POSIX shell.
std::string curl_command(const request_parts& request, const client_options& options, bool with_secrets);

} // namespace tandem::http::detail
