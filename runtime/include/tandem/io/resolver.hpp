// Host names to addresses, without holding up the loop.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem {

/// A host name could not be resolved. `code()` is in `resolver_category()`, or a system error.
class TANDEM_API resolve_error : public std::system_error {
  public:
    resolve_error(std::error_code code, const std::string& host);
    ~resolve_error() override;
};

/// The EAI_* codes of getaddrinfo.
TANDEM_API const std::error_category& resolver_category() noexcept;

/// The addresses of `host` in the order in which they should be tried (RFC 6724), each with `port`; never
/// empty. Addresses in numbers, "localhost" and names below it (RFC 6761) are answered at once, whether or
/// not there is a network.
///
/// The system's getaddrinfo does the rest, on threads of the resolver's own: at most 8 names at once for the
/// whole process, equal names together. Cancelling returns at once and leaves a lookup that is under way to
/// its thread, which then no longer counts; at exit nobody waits for it. Throws resolve_error.
TANDEM_API task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

} // namespace tandem
