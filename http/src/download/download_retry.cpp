// When a download asks again.
#include "download/download_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <tandem/base/log.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>

#include "exchange.hpp"
#include "retry/retry_after.hpp"
#include "retry/retry_rules.hpp"

namespace tandem::http::detail {

/// An attempt that has brought the part further than it ever was does not count: a server that cuts off each
/// reply in the middle is asked until all is there, and one that begins anew each time is not.
void download_run::note_progress() {
    ++fruitless_;
    if (!part_ || !part_->has_begun()) return;
    part_->count_written();
    const auto reached = part_->holds().count();
    if (reached <= furthest_) return;
    furthest_ = reached;
    fruitless_ = 0;
}

bool download_run::may_ask_again(int fruitless) const noexcept {
    const auto* policy = options_.retries();
    if (!policy || policy->attempts() <= 1 || fruitless >= policy->attempts()) return false;
    return (request_.is_idempotent() || policy->all_methods()) && request_.body.can_be_sent_again();
}

/// How long to wait before the next attempt; nothing where there is to be none. `asked` is what the server
/// wants, `fruitless` how many attempts in a row have brought nothing.
task<std::optional<duration>> download_run::pause_after(std::string cause, std::optional<duration> asked,
                                                        int fruitless) {
    if (!may_ask_again(fruitless)) co_return std::nullopt;
    const auto& policy = *options_.retries();
    if (!pauses_) pauses_ = policy.pauses();
    auto pause = pauses_->pause_after(std::max(fruitless, 1));
    if (asked && *asked > policy.longest_retry_after()) co_return std::nullopt;
    if (asked) pause = std::max(pause, *asked);

    const auto deadline = co_await current_deadline();
    const auto now = loop::current().now();
    if (deadline && pause >= *deadline - now) co_return std::nullopt;
    if (is_too_late(now - first_attempt_, pause, policy)) co_return std::nullopt;
    if (policy.has_budget() && !core_->budgets.take(origin_, policy, now)) {
        ++core_->pool->counts.retries_withheld;
        log(log_level::info,
            site_.url() + ": not asked for again, as its host has used up its retries: " + cause);
        co_return std::nullopt;
    }
    log(log_level::info, site_.url() + ": attempt " + std::to_string(result_.attempts + 1) + " in " +
                             in_seconds(pause) + ": " + cause);
    ++core_->pool->counts.retried;
    cause_ = std::move(cause);
    co_return pause;
}

/// Whether a reply of this status may be another one later.
bool download_run::is_passing(int status) const noexcept {
    if (!options_.retries() || (leaves_overloads_ && is_overload(status))) return false;
    return may_pass(status, *options_.retries());
}

bool download_run::is_passing(const std::exception_ptr& failure) const {
    return options_.retries() && may_pass(failure, *options_.retries());
}

/// The reply is an error: asks again later where that may help, and fails where it does not.
task<download_run::outcome> download_run::after_status(exchange& work) {
    const int status = work.head().status;
    if (is_passing(status)) {
        note_progress();
        const auto asked = retry_after(work.head().fields, std::chrono::system_clock::now());
        const auto pause =
            co_await pause_after(std::to_string(status) + ' ' + work.head().reason, asked, fruitless_);
        if (pause) {
            co_await work.drain();
            pause_ = *pause;
            co_return outcome::later;
        }
    }
    co_await fail_with_status(work);
    co_return outcome::done;
}

task<> download_run::wait(duration pause) {
    if (retries_) ++*retries_;
    tell(download_progress::state::waiting, cause_);
    co_await sleep(pause);
}

} // namespace tandem::http::detail
