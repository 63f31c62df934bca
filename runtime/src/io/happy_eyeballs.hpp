// Several addresses of one host, of which the first to answer is as good as any (RFC 8305).
#pragma once
#include <memory>
#include <vector>

#include <tandem/io/connect_error.hpp>
#include <tandem/io/connect_options.hpp>

#include "io/tcp_core.hpp"

namespace tandem::detail {

/// `addresses` by turns of their families, beginning with that of the first; each family keeps its order.
std::vector<endpoint> interleave(const std::vector<endpoint>& addresses);

/// Connects to the first of `addresses` that answers, and has ended all other attempts when it returns. Notes
/// in `attempts` each address that was tried, with std::errc::timed_out as cause while it is under way.
/// Returns null where all have failed. Cancellation ends every attempt.
task<std::unique_ptr<tcp_core>> connect_to_any(const std::vector<endpoint>& addresses,
                                               const connect_options& options,
                                               std::vector<connect_attempt>& attempts);

} // namespace tandem::detail
