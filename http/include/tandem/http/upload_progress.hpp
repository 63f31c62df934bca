// How far the sending of a body has come.
#pragma once
#include <cstdint>
#include <optional>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// What `request_builder::on_upload` calls its function with.
class TANDEM_API upload_progress {
  public:
    upload_progress(std::uint64_t bytes_sent, std::optional<std::uint64_t> bytes_total) noexcept
        : sent(bytes_sent)
        , total(bytes_total) {}

    /// Bytes of the body that the connection has taken; back at the beginning where the request is sent
    /// again.
    std::uint64_t sent;
    /// How many there are; nothing for a stream, which does not tell.
    std::optional<std::uint64_t> total;
};

} // namespace tandem::http
