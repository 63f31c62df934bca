#include "exchange.hpp"

#include <boost/beast/http/status.hpp>

#include <chrono>
#include <stdexcept>

#include "redirect.hpp"
#include "retry/retry_after.hpp"

namespace tandem::http::detail {

exchange::exchange(std::shared_ptr<client_core> core, request_parts&& parts)
    : core_(std::move(core))
    , parts_(std::move(parts))
    , site_(parts_.target.to_string())
    , started_(parts_.began.value_or(loop::current().now()))
    , tracer_(core_->options.trace(), ++core_->requests_begun, parts_.target.to_string(), started_) {
    identify();
}

exchange::exchange(std::shared_ptr<client_core> core, request_parts&& parts, reply_head head,
                   std::string body)
    : exchange(std::move(core), std::move(parts)) {
    head_ = std::move(head);
    made_body_ = std::move(body);
    made_left_ = made_body_;
    is_open_ = true;
}

exchange::~exchange() {
    if (lease_.get()) lease_->drop_buffered();
    const bool is_complete = is_open_ && (!lease_.get() || lease_->is_done());
    tracer_.end(is_complete ? trace_step::done : trace_step::cancelled, {}, head_.status);
}

task<> exchange::open() {
    for (;;) {
        if (parts_.settings.retries)
            co_await ask_with_retries();
        else
            co_await ask_until_answered();
        if (parts_.settings.max_redirects <= 0) co_return;
        auto next = redirect_target(head_, current(), site_);
        if (!next) co_return;
        check_redirect(parts_.settings, hops_, current(), *next, site_);
        co_await leave_for(*next);
    }
}

/// The way to where it is now.
std::shared_ptr<const route> exchange::current_route() const {
    try {
        return core_->route_for(parts_.settings, current());
    } catch (const std::invalid_argument& failure) {
        site_.fail<error>(failure.what());
    }
}

task<> exchange::open_for_body(bool raises) {
    return open_once(parts_.raise_for_status.value_or(raises));
}

/// What was opened for middleware stays as it is.
task<> exchange::open_once(bool raises) {
    try {
        if (!is_open_) co_await open();
        is_open_ = true;
        if (raises && head_.status / 100 != 2) {
            co_await drain();
            raise_for_status();
        }
        const bool has_body = lease_.get() || !made_left_.empty();
        if (has_body && !std::exchange(is_body_begun_, true)) begin_body();
        if (!has_body) tracer_.end(trace_step::done, {}, head_.status);
    } catch (const std::exception& failure) {
        tracer_.end(trace_step::failed, failure.what());
        throw;
    }
}

void exchange::raise_for_status() const {
    if (head_.status / 100 == 2) return;
    std::string words = head_.reason;
    if (words.empty())
        words = std::string(boost::beast::http::obsolete_reason(
            boost::beast::http::int_to_status(static_cast<unsigned>(head_.status))));
    throw status_error(site_.url(), head_.status, site_.cause(words),
                       retry_after(head_.fields, std::chrono::system_clock::now()));
}

task<> exchange::leave_for(url target) {
    co_await drain();
    tracer_.note(trace_step::redirect, target.to_string(), {}, head_.status);
    follow_redirect(parts_, head_.status, current(), target);
    hops_.emplace_back(current(), head_.status);
    const bool is_other_origin = target.origin() != current().origin();
    redirected_ = std::move(target);
    if (is_other_origin) identify();
    site_.redirected_to(redirected_->to_string());
    tracer_.redirected_to(redirected_->to_string());
}

} // namespace tandem::http::detail
