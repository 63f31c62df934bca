// How an event_stream behaves.
#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include <tandem/base/byte_units.hpp>
#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem::http {

/// The settings of an event_stream:
///
///     http::event_stream news(web.get(link), http::event_options().last_event_id(stored).max_failures(3));
class TANDEM_API event_options {
  public:
    /// The id of the last event that the caller knows, from an earlier stream: the server is asked for those
    /// after it.
    event_options& last_event_id(std::string id) {
        last_event_id_ = std::move(id);
        return *this;
    }

    /// How long to wait before a lost connection is opened again, until the server says otherwise (`retry:`);
    /// 3 s by default.
    event_options& reconnect_delay(duration length) noexcept {
        reconnect_delay_ = length;
        return *this;
    }
    /// After each attempt in a row that fails the wait is twice as long, up to this; 60 s by default.
    event_options& max_reconnect_delay(duration length) noexcept {
        max_reconnect_delay_ = length;
        return *this;
    }
    /// How many attempts in a row to open a lost connection again may fail; 10 by default. The next one's
    /// error is thrown.
    event_options& max_failures(int count) noexcept {
        max_failures_ = count;
        return *this;
    }

    /// How many bytes an event may have; 1 MiB by default.
    event_options& max_event(std::size_t bytes) noexcept {
        max_event_ = bytes;
        return *this;
    }

    const std::string& last_event_id() const noexcept { return last_event_id_; }
    duration reconnect_delay() const noexcept { return reconnect_delay_; }
    duration max_reconnect_delay() const noexcept { return max_reconnect_delay_; }
    int max_failures() const noexcept { return max_failures_; }
    std::size_t max_event() const noexcept { return max_event_; }

  private:
    std::string last_event_id_;
    duration reconnect_delay_ = std::chrono::seconds(3);
    duration max_reconnect_delay_ = std::chrono::seconds(60);
    int max_failures_ = 10;
    std::size_t max_event_ = 1_MiB;
};

} // namespace tandem::http
