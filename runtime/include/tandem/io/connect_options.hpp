// How a connection is made.
#pragma once
#include <chrono>
#include <optional>

#include <tandem/base/clock.hpp>
#include <tandem/io/connect_observer.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem {

/// The settings of `tcp_stream::connect`:
///
///     auto peer = co_await tcp_stream::connect("example.org", 80, connect_options().time_limit(5s));
class TANDEM_API connect_options {
  public:
    /// How long all of it may take, the name lookup and every attempt together; by default as long as the
    /// system tries, some two minutes an address. The scope's own deadline holds besides.
    connect_options& time_limit(duration length) noexcept {
        time_limit_ = length;
        return *this;
    }

    /// Where the connection comes from: an address of this machine, with port 0 where any will do. Addresses
    /// of the other family fail then.
    connect_options& local_address(const endpoint& from) noexcept {
        local_address_ = from;
        return *this;
    }

    /// Whether small writes go out at once (TCP_NODELAY) instead of waiting for an answer to those before
    /// them (Nagle's algorithm); on by default.
    connect_options& no_delay(bool on) noexcept {
        no_delay_ = on;
        return *this;
    }

    /// Probes the peer after `idle` without traffic, then each `interval`, and gives up after `probes`
    /// without an answer; off by default. Whole seconds, at least one.
    connect_options& keep_alive(std::chrono::seconds idle = std::chrono::seconds(60),
                                std::chrono::seconds interval = std::chrono::seconds(10),
                                int probes = 6) noexcept {
        keep_alive_ = idle;
        keep_alive_interval_ = interval;
        keep_alive_probes_ = probes;
        return *this;
    }

    /// How long an attempt is waited for before the next address is tried beside it: the Connection Attempt
    /// Delay of RFC 8305, 250 ms by default. duration::max() tries one address after the other.
    connect_options& happy_eyeballs_delay(duration length) noexcept {
        happy_eyeballs_delay_ = length;
        return *this;
    }

    /// Tells `who`, which has to outlive the attempts, of each of them; null, the default, for nobody.
    connect_options& observer(connect_observer* who) noexcept {
        observer_ = who;
        return *this;
    }

    duration time_limit() const noexcept { return time_limit_; }
    const std::optional<endpoint>& local_address() const noexcept { return local_address_; }
    bool no_delay() const noexcept { return no_delay_; }
    /// Empty where it is off.
    const std::optional<std::chrono::seconds>& keep_alive_idle() const noexcept { return keep_alive_; }
    std::chrono::seconds keep_alive_interval() const noexcept { return keep_alive_interval_; }
    int keep_alive_probes() const noexcept { return keep_alive_probes_; }
    duration happy_eyeballs_delay() const noexcept { return happy_eyeballs_delay_; }
    connect_observer* observer() const noexcept { return observer_; }

  private:
    duration time_limit_ = duration::max();
    std::optional<endpoint> local_address_;
    bool no_delay_ = true;
    std::optional<std::chrono::seconds> keep_alive_;
    std::chrono::seconds keep_alive_interval_{10};
    int keep_alive_probes_ = 6;
    duration happy_eyeballs_delay_ = std::chrono::milliseconds(250);
    connect_observer* observer_ = nullptr;
};

} // namespace tandem
