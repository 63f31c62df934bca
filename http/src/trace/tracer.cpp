#include "trace/tracer.hpp"

#include <algorithm>

#include <tandem/base/log.hpp>
#include <tandem/coro/loop.hpp>

#include "trace/shown_header.hpp"

namespace tandem::http {

std::string_view name_of(trace_step step) noexcept {
    constexpr std::string_view names[] = {
        "queued",      "reused",    "dns_begin", "dns_end", "connect_begin", "connect_end",
        "proxy_begin", "proxy_end", "tls_begin", "tls_end", "request_sent",  "first_byte",
        "redirect",    "retry",     "done",      "failed",  "cancelled"};
    return names[static_cast<std::size_t>(step)];
}

namespace detail {

/// Outside of a loop, where a response may be dropped, time goes on as the loop's usually does.
time_point tracer::now() noexcept {
    auto* const here = loop::current_or_null();
    return here ? here->now() : clock::now();
}

void tracer::tell(trace_step step, std::string_view subject, std::string_view trouble, int status,
                  std::string_view header) noexcept {
    trace_event event;
    event.step = step;
    event.request = number_;
    event.at = now() - began_;
    event.url = *where_;
    event.subject = subject;
    event.trouble = trouble;
    event.status = status;
    event.header = header;
    try {
        observer_(event);
    } catch (const std::exception& failure) {
        log(log_level::error,
            [&] { return "http: a trace observer failed: " + std::string(failure.what()); });
    } catch (...) {
        log(log_level::error, "http: a trace observer failed");
    }
}

void tracer::begin_sending() noexcept {
    times_ = {};
    queued_ = now();
    note(trace_step::queued);
}

void tracer::has_turn(bool is_reused) noexcept {
    times_.queue = now() - queued_;
    if (is_reused) note(trace_step::reused);
}

void tracer::request_sent(std::string_view text, const std::vector<std::string>& secret_names) noexcept {
    sent_ = now();
    if (observer_) tell(trace_step::request_sent, {}, {}, 0, shown_request(text, secret_names));
}

void tracer::has_reply(time_point first, const reply_head& head) noexcept {
    times_.first_byte = std::max(first - sent_, duration::zero());
    if (observer_) tell(trace_step::first_byte, {}, {}, head.status, shown_reply(head));
}

void tracer::end(trace_step how, std::string_view trouble, int status) noexcept {
    if (std::exchange(has_ended_, true)) return;
    ended_ = now();
    note(how, {}, trouble, status);
}

timings tracer::so_far() const noexcept {
    auto times = times_;
    times.total = (has_ended_ ? ended_ : now()) - began_;
    return times;
}

void tracer::attempt_begins(const endpoint& to) noexcept {
    if (observer_) tell(trace_step::connect_begin, to.to_string(), {}, 0);
}

void tracer::attempt_ends(const endpoint& to, std::error_code cause) noexcept {
    if (!observer_) return;
    const bool is_given_up = cause == std::errc::operation_canceled;
    const auto trouble = is_given_up ? std::string("cancelled") : cause ? cause.message() : std::string();
    tell(trace_step::connect_end, to.to_string(), trouble, 0);
}

} // namespace detail

} // namespace tandem::http
