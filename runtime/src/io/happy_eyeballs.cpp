#include "io/happy_eyeballs.hpp"

#include <algorithm>

#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/sync/event.hpp>

namespace tandem::detail {

namespace {

/// Tells of the end of an attempt, however it comes.
class observed_attempt {
  public:
    observed_attempt(connect_observer* by, const endpoint& to) noexcept
        : by_(by)
        , to_(to) {
        if (by_) by_->attempt_begins(to_);
    }
    observed_attempt(const observed_attempt&) = delete;
    observed_attempt& operator=(const observed_attempt&) = delete;
    ~observed_attempt() {
        if (by_) by_->attempt_ends(to_, cause_);
    }
    void ends_with(std::error_code cause) noexcept { cause_ = cause; }

  private:
    connect_observer* by_;
    endpoint to_;
    std::error_code cause_ = std::make_error_code(std::errc::operation_canceled);
};

/// The attempts at one host.
class attempts_at_host {
  public:
    attempts_at_host(const connect_options& options, std::vector<connect_attempt>& attempts) noexcept
        : options_(options)
        , attempts_(attempts) {}

    /// Starts one attempt after the other until one of them has won.
    task<> run(const std::vector<endpoint>& addresses, task_group& group) {
        for (const endpoint& each : addresses) {
            if (!attempts_.empty()) co_await move_on_after(options_.happy_eyeballs_delay(), failed_.wait());
            failed_.clear();
            attempts_.emplace_back(each, std::make_error_code(std::errc::timed_out));
            group.spawn(attempt(attempts_.size() - 1, group), each.to_string());
        }
    }

    std::unique_ptr<tcp_core> take_winner() noexcept { return std::move(winner_); }

  private:
    task<> attempt(std::size_t index, task_group& group) {
        const endpoint to = attempts_[index].address();
        observed_attempt here(options_.observer(), to);
        try {
            auto connected = co_await connect_to(to, options_);
            if (winner_) co_return;
            winner_ = std::move(connected);
            here.ends_with({});
            group.cancel();
        } catch (const std::system_error& failure) {
            attempts_[index] = connect_attempt(to, failure.code());
            here.ends_with(failure.code());
            failed_.set();
        }
    }

    const connect_options& options_;
    std::vector<connect_attempt>& attempts_;
    /// The latest attempt to start, or one before it, has failed.
    event failed_;
    std::unique_ptr<tcp_core> winner_;
};

} // namespace

std::vector<endpoint> interleave(const std::vector<endpoint>& addresses) {
    std::vector<endpoint> ordered;
    ordered.reserve(addresses.size());
    auto v4 = addresses.begin(), v6 = addresses.begin();
    bool is_v6_next = !addresses.empty() && addresses[0].is_v6();
    while (ordered.size() < addresses.size()) {
        auto& at = is_v6_next ? v6 : v4;
        at = std::find_if(at, addresses.end(),
                          [&](const endpoint& each) { return each.is_v6() == is_v6_next; });
        if (at != addresses.end()) ordered.push_back(*at++);
        is_v6_next = !is_v6_next;
    }
    return ordered;
}

task<std::unique_ptr<tcp_core>> connect_to_any(const std::vector<endpoint>& addresses,
                                               const connect_options& options,
                                               std::vector<connect_attempt>& attempts) {
    const auto ordered = interleave(addresses);
    attempts_at_host at_host(options, attempts);
    const auto body = [&](task_group& group) { return at_host.run(ordered, group); };
    co_await with_group(body);
    co_return at_host.take_winner();
}

} // namespace tandem::detail
