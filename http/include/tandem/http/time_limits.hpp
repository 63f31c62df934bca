// How long the parts of a request may take.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include <tandem/base/clock.hpp>

namespace tandem::http {

/// The time-outs of a request, each of which ends it with a timeout_error that says which it was. They are
/// set by functions of the same names on client_options and request_builder.
class time_limits {
  public:
    /// Waiting for a connection to be free, where the client's limits are reached; by default as long as it
    /// takes. It counts for no other limit but `total`: a busy client is not a slow server.
    std::optional<duration> queue;
    /// Until a TCP connection stands, the name lookup and every address tried together; 30 s by default.
    duration connect = std::chrono::seconds(30);
    /// The TLS handshake; 30 s by default.
    duration tls = std::chrono::seconds(30);
    /// From the request's last byte to the reply's first, and again behind an informational reply; where it
    /// is not set, as long as `read`.
    std::optional<duration> first_byte;
    /// Between two bytes: how long the server may send nothing, and while the request is sent take nothing;
    /// 60 s by default.
    duration read = std::chrono::seconds(60);
    /// From the first wait to the body's last byte, redirects included; by default as long as it likes.
    std::optional<duration> total;
    /// The least bytes a second on average over each `low_speed_window` of waiting for the server; 0, the
    /// default, for any. Time in which the caller did not read does not count.
    std::uint64_t low_speed = 0;
    duration low_speed_window = std::chrono::seconds(30);

    duration before_first_byte() const noexcept { return first_byte.value_or(read); }
};

} // namespace tandem::http
