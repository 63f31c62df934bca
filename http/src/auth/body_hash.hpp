// The hash of a body, for those who protect it.
#pragma once
#include <string>

#include <tandem/coro/task.hpp>

#include "digest.hpp"
#include "error_site.hpp"
#include "outgoing_body.hpp"

namespace tandem::http::detail {

/// In hexadecimal, as RFC 7616 section 3.4.3 wants it; null is an empty body. Files are read, and functions
/// that make a stream are called, once more than for sending. Throws bad_request for a stream that can be
/// read only once, and file_error.
task<std::string> hash_of_body(const outgoing_body* body, digest_algorithm algorithm, const error_site& site);

} // namespace tandem::http::detail
