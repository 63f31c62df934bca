// How an http::client behaves.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>
#include <tandem/http/address_filter.hpp>
#include <tandem/http/middleware.hpp>
#include <tandem/http/request_settings.hpp>
#include <tandem/http/retry_policy.hpp>
#include <tandem/http/trace_event.hpp>
#include <tandem/io/connect_options.hpp>

namespace tandem::http {

class bearer;
class login;

namespace detail {

/// What speaks for a client at one origin: one of the two.
struct origin_credentials {
    std::string origin;
    std::shared_ptr<const login> user;
    std::shared_ptr<const bearer> token;
};

} // namespace detail

/// The settings of a client, each with a default that suits a downloader:
///
///     http::client web(http::client_options().user_agent("app/1").per_host(8).connect_timeout(5s));
///
/// Those of request_setters hold for each request that does not say otherwise.
class TANDEM_API client_options : public request_setters<client_options> {
  public:
    /// The User-Agent header; "tandem" by default, none if empty. Throws std::invalid_argument where it
    /// contains control characters.
    client_options& user_agent(std::string text);

    /// Who the client is at an origin (`https://host`, or with a port): a login or a bearer token, which no
    /// other origin sees. A request's own credentials, its Authorization header and user:password of its URL
    /// go before it. Given again for an origin it replaces what was given. Throws bad_url, and
    /// std::invalid_argument for a URL that has more than an origin.
    client_options& credentials(std::string_view origin, const login& who);
    client_options& credentials(std::string_view origin, const bearer& token);

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

    /// How long an idle connection is kept for the next request, and then closed; 60 s by default, 0 keeps
    /// none.
    client_options& idle_limit(duration length) noexcept {
        idle_limit_ = length;
        return *this;
    }

    /// Asks `filter(address, host)`, a function of `const endpoint&` and `std::string_view`, before each
    /// connection, one after a redirect too, whether it may go there; addresses for which it returns false
    /// are not tried, and where none is left the request fails with address_refused. What it was asked is
    /// what is connected to: no second name lookup comes between. A Unix socket has no address.
    template <class Filter> client_options& connect_filter(Filter filter);

    /// Options of TCP, as those of connect_options: TCP_NODELAY (on by default), keep-alive probes (off by
    /// default), and the delay of happy eyeballs (250 ms).
    client_options& no_delay(bool on) noexcept {
        tcp_.no_delay(on);
        return *this;
    }
    client_options& keep_alive(std::chrono::seconds idle = std::chrono::seconds(60),
                               std::chrono::seconds interval = std::chrono::seconds(10),
                               int probes = 6) noexcept {
        tcp_.keep_alive(idle, interval, probes);
        return *this;
    }
    client_options& happy_eyeballs_delay(duration length) noexcept {
        tcp_.happy_eyeballs_delay(length);
        return *this;
    }

    /// Lets every request go through `step`: the first that is given is the first to see a request, and the
    /// last to see its reply.
    client_options& use(middleware step) {
        middlewares_.push_back(std::move(step));
        return *this;
    }
    /// Tells `observer` of each step of each request.
    client_options& trace(trace_observer observer) {
        trace_ = std::move(observer);
        return *this;
    }

    const std::string& user_agent() const noexcept { return user_agent_; }
    const std::vector<detail::origin_credentials>& credentials() const noexcept { return credentials_; }
    std::size_t per_host() const noexcept { return per_host_; }
    std::size_t total() const noexcept { return total_; }
    duration idle_limit() const noexcept { return idle_limit_; }
    const std::shared_ptr<const detail::address_filter>& connect_filter() const noexcept { return filter_; }
    const connect_options& tcp() const noexcept { return tcp_; }
    const std::vector<middleware>& middlewares() const noexcept { return middlewares_; }
    const trace_observer& trace() const noexcept { return trace_; }
    /// What each request begins with.
    const detail::request_settings& settings() const noexcept { return settings_; }

  private:
    friend class request_setters<client_options>;
    detail::origin_credentials& credentials_at(std::string_view origin);
    detail::request_settings& stored_settings() noexcept { return settings_; }

    detail::request_settings settings_;
    std::vector<middleware> middlewares_;
    trace_observer trace_;
    std::string user_agent_ = "tandem";
    std::vector<detail::origin_credentials> credentials_;
    std::size_t per_host_ = 128;
    std::size_t total_ = 512;
    duration idle_limit_ = std::chrono::seconds(60);
    std::shared_ptr<const detail::address_filter> filter_;
    connect_options tcp_;
};

namespace detail {

template <class Filter> class address_filter_of final : public address_filter {
  public:
    explicit address_filter_of(Filter filter)
        : filter_(std::move(filter)) {}
    bool allows(const endpoint& address, std::string_view host) const override {
        return filter_(address, host);
    }

  private:
    Filter filter_;
};

} // namespace detail

template <class Filter> client_options& client_options::connect_filter(Filter filter) {
    filter_ = std::make_shared<const detail::address_filter_of<Filter>>(std::move(filter));
    return *this;
}

} // namespace tandem::http
