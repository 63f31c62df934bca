// The hosts to which no proxy is used.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/io/endpoint.hpp>

namespace tandem::http::detail {

/// What NO_PROXY says, which no standard describes; this is curl's reading of it, with what other programs
/// have beside it. Entries are separated by commas or blanks:
///
/// - `*`, on its own: every host.
/// - `example.org`, `.example.org`, `*.example.org`: that host and all below it, in any case and spelling
///   (IDNA), with or without a dot behind it.
/// - `10.1.2.3`, `::1`, `[::1]`: that address, where the URL has it in numbers. Nothing is looked up.
/// - `10.0.0.0/8`, `fd00::/8`: all addresses of that block (CIDR).
/// - any but the last with `:port` behind it: at that port only; an IPv6 address needs its brackets then.
///
/// What is none of these is passed over, with a warning in the log.
class no_proxy_list {
  public:
    /// Empty.
    no_proxy_list() = default;
    explicit no_proxy_list(std::string_view text);

    /// `host` as http::url has it.
    bool covers(std::string_view host, std::uint16_t port) const noexcept;

  private:
    struct entry {
        /// In lower case, without dots around it; empty for an address.
        std::string domain;
        std::optional<endpoint> address;
        /// How many of the address's bits count.
        unsigned bits = 0;
        /// 0 for any.
        std::uint16_t port = 0;

        bool covers(std::string_view host, const std::optional<endpoint>& numbers) const noexcept;
    };
    static entry parse(std::string_view text);

    bool covers_all_ = false;
    std::vector<entry> entries_;
};

} // namespace tandem::http::detail
