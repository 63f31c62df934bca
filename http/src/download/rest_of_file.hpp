// Whether a reply brings the rest of what is there.
#pragma once
#include <cstdint>
#include <string_view>

#include "download/entity.hpp"

namespace tandem::http::detail {

/// Why a 206 to a request for all from byte `from` on must not be joined with what is there of `held`, in
/// words that continue "the part that was sent "; empty where it may. Its Content-Range has to begin there,
/// to be of a file of the same length and to agree with its own length; and unless the caller trusts the
/// lengths, it has to show the validator that If-Range had: there are servers that ignore If-Range, and send
/// a part of another file.
std::string_view fault_of_rest(const reply_head& reply, const entity& held, std::uint64_t from, bool trusts);

/// Whether a 416 says that the `count` bytes that are there are all there is.
bool says_complete(const reply_head& reply, const entity& held, std::uint64_t count, bool trusts);

} // namespace tandem::http::detail
