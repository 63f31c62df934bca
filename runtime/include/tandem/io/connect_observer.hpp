// Who is told of each address that is connected to.
#pragma once
#include <system_error>

#include <tandem/base/config.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem {

/// Follows an attempt at each address, those that happy eyeballs makes beside one another included.
class TANDEM_API connect_observer {
  public:
    virtual ~connect_observer() = default;

    virtual void attempt_begins(const endpoint& to) noexcept = 0;
    /// Once for each that has begun. `cause` is empty for the one that connected, and
    /// std::errc::operation_canceled for those that were given up, as another one was faster or the whole was
    /// cancelled.
    virtual void attempt_ends(const endpoint& to, std::error_code cause) noexcept = 0;
};

} // namespace tandem
