// Host names to addresses, without holding up the loop.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/io/endpoint.hpp>
#include <tandem/io/resolver_options.hpp>

namespace tandem {

namespace detail {
class name_cache;
}

/// A host name could not be resolved. `code()` is in `resolver_category()`, or a system error.
class TANDEM_API resolve_error : public std::system_error {
  public:
    resolve_error(std::error_code code, const std::string& host);
    ~resolve_error() override;
};

/// The EAI_* codes of getaddrinfo.
TANDEM_API const std::error_category& resolver_category() noexcept;

struct resolver_statistics {
    std::uint64_t at_once;  ///< addresses in numbers, and localhost
    std::uint64_t hits;     ///< names answered from the cache, those that do not exist included
    std::uint64_t misses;   ///< names that had to be looked up
    std::uint64_t failures; ///< names that could not be resolved, from the cache or not
    std::size_t names_kept; ///< names in the cache now, some of them perhaps too old to be used
    // Of all resolvers of the process together:
    std::size_t lookups_under_way; ///< names that a thread is looking up
    std::size_t lookups_queued;    ///< names that wait for a thread
    std::size_t lookups_left;      ///< names nobody waits for any more, in which a thread is stuck
    std::size_t threads;           ///< threads for lookups, those that are stuck included
};

/// Resolves host names and keeps the answers for a while. Each loop has one of its own, which `resolve` and
/// `tcp_stream::connect` use; others are for those who want other settings beside it. Age is measured on the
/// loop's clock. Belongs to its loop's thread, and may go away while tasks wait in `resolve`.
class TANDEM_API resolver {
  public:
    explicit resolver(const resolver_options& options = {});
    resolver(resolver&&) noexcept;
    resolver& operator=(resolver&&) noexcept;
    ~resolver();

    /// That of the loop that runs on this thread. Throws usage_error outside of one.
    static resolver& current();

    /// As the function `resolve`.
    task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

    /// Forgets what it has kept. Lookups under way go on, and what they find is kept.
    void clear() noexcept;

    /// The settings hold from now on, for what has been kept already too.
    void set_options(const resolver_options& options) noexcept;
    const resolver_options& options() const noexcept;

    resolver_statistics statistics() const;

  private:
    std::shared_ptr<detail::name_cache> cache_;
};

/// The addresses of `host` in the order in which they should be tried (RFC 6724), each with `port`; never
/// empty. Addresses in numbers, "localhost" and names below it (RFC 6761) are answered at once, whether or
/// not there is a network; names that the loop's own resolver has kept as well (`resolver::current()`).
///
/// The system's getaddrinfo does the rest, on threads of the resolvers' own: up to 64 names at once for the
/// whole process, equal names together, the others queued. Cancelling returns at once and leaves a lookup
/// that is under way to its thread, which then no longer counts; at exit nobody waits for it. Throws
/// resolve_error.
TANDEM_API task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

} // namespace tandem
