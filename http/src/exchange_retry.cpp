// When an exchange sends its request again.
#include "exchange.hpp"

#include <algorithm>

#include <tandem/base/log.hpp>
#include <tandem/coro/sleep.hpp>

#include "retry/retry_after.hpp"
#include "retry/retry_rules.hpp"

namespace tandem::http::detail {

/// Asks at the current URL until the policy has no reason to ask once more.
task<> exchange::ask_with_retries() {
    core_->budgets.note_request(std::string(current().origin()), *parts_.settings.retries);
    for (;;) {
        std::exception_ptr failure;
        try {
            co_await ask_until_answered();
        } catch (const error&) {
            failure = std::current_exception();
        }
        const auto deadline = co_await current_deadline();
        const auto pause = pause_before_retry(failure, deadline);
        if (!pause && failure) std::rethrow_exception(failure);
        if (!pause) co_return;
        if (failure) {
            lease_.drop_connection();
            lease_.release();
        } else {
            co_await drain();
        }
        co_await sleep(*pause);
        ++attempts_made_;
        ++core_->pool->counts.retried;
    }
}

/// How long to wait before the request is sent again; nothing where it is not to be. `failure` is null for a
/// reply.
std::optional<duration> exchange::pause_before_retry(const std::exception_ptr& failure,
                                                     std::optional<time_point> deadline) {
    const auto& policy = *parts_.settings.retries;
    if (attempts_made_ >= policy.attempts() || !is_worth_a_retry(failure)) return std::nullopt;
    if (!pauses_) pauses_ = policy.pauses();
    auto pause = pauses_->pause_after(attempts_made_);
    const auto asked = failure ? std::nullopt : retry_after(head_.fields, std::chrono::system_clock::now());
    if (asked && *asked > policy.longest_retry_after()) return std::nullopt;
    if (asked) pause = std::max(pause, *asked);

    const auto why = failure ? cause_of(failure) : std::to_string(head_.status) + ' ' + head_.reason;
    const auto now = loop::current().now();
    if (deadline && pause >= *deadline - now) return std::nullopt;
    if (is_too_late(now - started_, pause, policy)) return std::nullopt;
    if (policy.has_budget() && !core_->budgets.take(std::string(current().origin()), policy, now)) {
        ++core_->pool->counts.retries_withheld;
        log(log_level::info,
            site_.url() + ": not sent again, as its host has used up its retries: " + site_.cause(why));
        return std::nullopt;
    }
    tracer_.note(trace_step::retry, {}, failure ? why : std::string(), failure ? 0 : head_.status);
    log(log_level::info, site_.url() + ": attempt " + std::to_string(attempts_made_ + 1) + " of " +
                             std::to_string(policy.attempts()) + " in " + in_seconds(pause) + ": " +
                             site_.cause(why));
    return pause;
}

bool exchange::is_worth_a_retry(const std::exception_ptr& failure) const {
    const auto& policy = *parts_.settings.retries;
    if (body_has_begun_ && !parts_.body.can_be_sent_again()) return false;
    const bool harms_nobody = parts_.is_idempotent() || policy.all_methods() || (failure && !was_sent_);
    if (!harms_nobody) return false;
    return failure ? may_pass(failure, policy) : may_pass(head_.status, policy);
}

} // namespace tandem::http::detail
