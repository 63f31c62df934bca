// How an http::client behaves.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem::http {

/// The settings of a client, each with a default that suits a downloader:
///
///     http::client web(http::client_options().user_agent("app/1").per_host(8).connect_timeout(5s));
class TANDEM_API client_options {
  public:
    /// The User-Agent header; "tandem" by default, none if empty. Throws std::invalid_argument where it
    /// contains control characters.
    client_options& user_agent(std::string text);

    /// How many connections one origin (scheme, host and port) gets at once; 128 by default. Further requests
    /// wait for their turn, first come, first served.
    client_options& per_host(std::size_t connections) noexcept {
        per_host_ = connections;
        return *this;
    }

    /// How many connections stand at once, idle ones included; 512 by default.
    client_options& total(std::size_t connections) noexcept {
        total_ = connections;
        return *this;
    }

    /// How long an idle connection is kept for the next request; 60 s by default, 0 keeps none.
    client_options& idle_limit(duration length) noexcept {
        idle_limit_ = length;
        return *this;
    }

    /// How long it may take until a connection stands: name lookup, TCP and TLS together; 30 s by default.
    client_options& connect_timeout(duration length) noexcept {
        connect_timeout_ = length;
        return *this;
    }

    /// How long the server may stay silent, before its first byte and between two; 60 s by default.
    client_options& read_timeout(duration length) noexcept {
        read_timeout_ = length;
        return *this;
    }

    /// How long a whole request may take, from waiting for a connection to the body's last byte; by default
    /// as long as it likes.
    client_options& total_timeout(duration length) noexcept {
        total_timeout_ = length;
        return *this;
    }

    /// How many redirects are followed; 20 by default. 0 follows none and hands out the redirect itself.
    client_options& max_redirects(int count) noexcept {
        max_redirects_ = count;
        return *this;
    }

    /// A file of PEM certificates to trust in place of the system's. It is read at the first https request.
    client_options& ca_file(std::string path) {
        ca_file_ = std::move(path);
        return *this;
    }

    const std::string& user_agent() const noexcept { return user_agent_; }
    std::size_t per_host() const noexcept { return per_host_; }
    std::size_t total() const noexcept { return total_; }
    duration idle_limit() const noexcept { return idle_limit_; }
    duration connect_timeout() const noexcept { return connect_timeout_; }
    duration read_timeout() const noexcept { return read_timeout_; }
    std::optional<duration> total_timeout() const noexcept { return total_timeout_; }
    int max_redirects() const noexcept { return max_redirects_; }
    const std::string& ca_file() const noexcept { return ca_file_; }

  private:
    std::string user_agent_ = "tandem";
    std::string ca_file_;
    std::size_t per_host_ = 128;
    std::size_t total_ = 512;
    duration idle_limit_ = std::chrono::seconds(60);
    duration connect_timeout_ = std::chrono::seconds(30);
    duration read_timeout_ = std::chrono::seconds(60);
    std::optional<duration> total_timeout_;
    int max_redirects_ = 20;
};

} // namespace tandem::http
