// When a request that failed is sent again.
#pragma once
#include <chrono>
#include <concepts>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>
#include <tandem/coro/retry.hpp>

namespace tandem::http {

/// How often, after which failures and how long after each a request is sent again; nothing is, unless
/// `retry` of client_options or of the request says so:
///
///     http::client web(http::client_options().retry());
///     auto page = co_await web.get(link).retry(http::retry_policy().attempts(6)).text();
///
/// Sent again is what may succeed the next time and does no harm twice:
///
/// - whatever the method, a request of which no byte was sent: the host could not be resolved or reached
///   (connect_error, but not address_refused, nor a proxy's refusal that is final), or the connect or TLS
///   time-out ran out;
/// - one with an idempotent method (RFC 9110 section 9.2.2) whose connection broke, or whose time-out for the
///   next byte ran out, before the reply's header was complete;
/// - one with an idempotent method whose reply has one of the `statuses`.
///
/// `all_errors` adds what most likely goes wrong again.
///
/// Not where its body is a stream that was read already, nor where less time is left, by `give_up_after`,
/// `total_timeout` or a deadline around, than the pause would take: the last error or reply is handed out
/// then, as it is when the attempts are used up. What goes wrong behind the header, within the body, is the
/// reader's. Each retry is logged. A pause holds no connection, and being cancelled ends it at once.
class TANDEM_API retry_policy {
  public:
    /// How often a request is sent in all, redirects not counted; 4 by default, at least once.
    retry_policy& attempts(int count) noexcept {
        attempts_ = count < 1 ? 1 : count;
        return *this;
    }
    /// The pause after the first failure, 200 ms by default; each further one is `factor` times as long, up
    /// to `longest`.
    retry_policy& pause(duration first, double factor = 2.0,
                        duration longest = std::chrono::seconds(30)) noexcept {
        pauses_.pause(first, factor, longest);
        return *this;
    }
    /// As tandem::retry_policy: each pause is drawn from the part of it above 1 − `share`; 1 by default.
    retry_policy& jitter(double share) noexcept {
        pauses_.jitter(share);
        return *this;
    }
    /// Makes the drawn pauses the same in every run.
    retry_policy& seed(unsigned long long seed) noexcept {
        pauses_.seed(seed);
        return *this;
    }
    /// The replies that are worth another attempt; 429, 502, 503 and 504 by default. (500 as often as not
    /// comes again.)
    template <std::convertible_to<int>... Status>
        requires(sizeof...(Status) > 0)
    retry_policy& statuses(Status... all) {
        statuses_.assign({static_cast<int>(all)...});
        return *this;
    }
    retry_policy& statuses(std::vector<int> all) noexcept {
        statuses_ = std::move(all);
        return *this;
    }
    /// The replies that are not, whatever `statuses` and `all_errors` say; none by default.
    template <std::convertible_to<int>... Status>
        requires(sizeof...(Status) > 0)
    retry_policy& final_statuses(Status... all) {
        final_statuses_.assign({static_cast<int>(all)...});
        return *this;
    }
    retry_policy& final_statuses(std::vector<int> all) noexcept {
        final_statuses_ = std::move(all);
        return *this;
    }
    /// Sends a request again also after what most likely comes again: TLS that fails, a proxy that refuses, a
    /// reply that breaks the rules, every status from 400 on, and in `http::download` a redirect that leads
    /// nowhere; false by default. What goes wrong on this side stays final: a request that is none, a file
    /// that cannot be written, a body over its limit, an address that connect_filter refuses, the total
    /// time-out, and a checksum that does not fit. The rule of idempotent methods holds as ever.
    retry_policy& all_errors(bool on = true) noexcept {
        all_errors_ = on;
        return *this;
    }
    /// Sends requests with other methods (POST, PATCH) again, too, after any of these failures: for servers
    /// that know a request which comes twice. False by default.
    retry_policy& all_methods(bool on = true) noexcept {
        all_methods_ = on;
        return *this;
    }
    /// The longest pause that a server may ask for by `Retry-After` (RFC 9110 section 10.2.3), a number of
    /// seconds or a date; 2 min by default. A reply that asks for more is handed out. Where it asks for less
    /// than the pause that is due, that holds.
    retry_policy& longest_retry_after(duration length) noexcept {
        longest_retry_after_ = length;
        return *this;
    }
    /// No attempt begins later than this after the first one, whatever is left of them: where the pause, or
    /// what a server asks for, would end later, the last error or reply is handed out at once. An attempt
    /// that has begun may take as long as it likes (`total_timeout` bounds that). 0 is the default: any time.
    retry_policy& give_up_after(duration length) noexcept {
        give_up_after_ = length;
        return *this;
    }
    /// How many retries a host is sent by one client, so that those who wait for one in trouble do not keep
    /// it there: `reserve` at first, 10 by default, and from then on for each request to it a `share` of one,
    /// 0.2 by default, and a tenth of the reserve each second. A token bucket, as Finagle's RetryBudget and
    /// the AWS SDKs have it. Retries that are not in it are not made.
    retry_policy& budget(double reserve, double share = 0.2) noexcept {
        reserve_ = reserve;
        share_ = share;
        return *this;
    }
    /// Takes any number of retries.
    retry_policy& no_budget() noexcept {
        has_budget_ = false;
        return *this;
    }

    int attempts() const noexcept { return attempts_; }
    const tandem::retry_policy& pauses() const noexcept { return pauses_; }
    const std::vector<int>& statuses() const noexcept { return statuses_; }
    const std::vector<int>& final_statuses() const noexcept { return final_statuses_; }
    bool all_errors() const noexcept { return all_errors_; }
    bool all_methods() const noexcept { return all_methods_; }
    duration give_up_after() const noexcept { return give_up_after_; }
    duration longest_retry_after() const noexcept { return longest_retry_after_; }
    bool has_budget() const noexcept { return has_budget_; }
    double reserve() const noexcept { return reserve_; }
    double share() const noexcept { return share_; }

  private:
    int attempts_ = 4;
    tandem::retry_policy pauses_ = tandem::retry_policy().pause(std::chrono::milliseconds(200));
    std::vector<int> statuses_ = {429, 502, 503, 504};
    std::vector<int> final_statuses_;
    bool all_errors_ = false;
    bool all_methods_ = false;
    /// 0 for never.
    duration give_up_after_{};
    duration longest_retry_after_ = std::chrono::minutes(2);
    bool has_budget_ = true;
    double reserve_ = 10;
    double share_ = 0.2;
};

} // namespace tandem::http
