// What failures have in common.
#pragma once
#include <cstddef>
#include <exception>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// Where the cause of a failure lies: for a summary, or a program's exit status.
enum class failure_kind {
    file,           ///< the file could not be written, or its name is taken
    network,        ///< the host could not be resolved or reached, or the connection broke before a reply
    tls,            ///< no trust, or no handshake
    authentication, ///< 401 or 407
    protocol,       ///< the reply breaks HTTP's rules, or was cut short
    status,         ///< any other status that is no success
    checksum,       ///< the bytes are not the expected ones
    limit,          ///< a time-out, or a body that is too large
    other,          ///< what was asked for is no request, or something else altogether
};
inline constexpr std::size_t failure_kinds = 9;

/// `error` must not be null.
TANDEM_API failure_kind kind_of(const std::exception_ptr& error) noexcept;

/// `network` and the like.
TANDEM_API std::string_view name_of(failure_kind kind) noexcept;

} // namespace tandem::http
