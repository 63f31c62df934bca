// How an exchange gets the reply of the URL that it is at.
#include "exchange.hpp"

#include <tandem/base/log.hpp>
#include <tandem/coro/sleep.hpp>

#include "transport.hpp"
#include "upload.hpp"

namespace tandem::http::detail {

namespace {

/// A body up to this size goes out with its header, in one write.
constexpr std::size_t sent_with_header = 64 * 1024;

} // namespace

/// Sends the request until there is a reply that says more than how it should have been put.
task<> exchange::ask_until_answered() {
    route_ = current_route();
    identify_to_proxy();
    for (;;) {
        co_await send_once();
        if (!can_be_put_otherwise()) co_return;
        tracer_.note(trace_step::retry, {}, {}, head_.status);
        co_await drain();
    }
}

/// Looks at a reply that asks for the same request in another form, and puts it so. Returns whether it is to
/// be sent again.
bool exchange::can_be_put_otherwise() {
    const bool may_be_in = may_be_let_in();
    if (body_has_begun_ && !parts_.body.can_be_sent_again()) return false;
    if (head_.status == 417 && parts_.continue_within) {
        // RFC 9110 section 10.1.1: somebody on the way does not know how to ask first.
        parts_.continue_within.reset();
        return true;
    }
    return may_be_in;
}

task<> exchange::send_once() {
    if (current().is_https() && !parts_.settings.verifies)
        log(log_level::warning, site_.url() + ": talks to " + std::string(current().origin()) +
                                    " without verifying who that is, as this request asked for");
    was_sent_ = false;
    measure_body();
    if (at_origin_.who || at_proxy_.who) co_await authorize();
    tracer_.begin_sending();
    if (auto free = core_->pool->acquire_now(current().origin(), route_))
        lease_ = std::move(*free);
    else
        co_await wait_for_turn();
    tracer_.has_turn(lease_.get() != nullptr);
    if (lease_.get()) {
        ++core_->pool->counts.connections_reused;
        try {
            co_await ask();
            co_return;
        } catch (const connect_error&) {
            // The server had closed the connection before it saw the request. One that can be sent again with
            // the same effect may then be (RFC 9110 section 9.2.2), on a new connection: another idle one may
            // be as dead.
            if (!lease_->was_stale() || !may_send_again()) throw;
        }
        lease_.drop_connection();
        ++core_->pool->counts.retries;
        tracer_.note(trace_step::retry, {}, "the server had closed the idle connection");
    }
    co_await connect();
    co_await ask();
}

task<> exchange::wait_for_turn() {
    const auto limit = parts_.settings.limits.queue;
    auto turn = core_->pool->acquire(std::string(current().origin()), route_);
    if (!limit) {
        lease_ = co_await std::move(turn);
        co_return;
    }
    try {
        lease_ = co_await timeout(*limit, std::move(turn));
    } catch (const timed_out&) {
        site_.fail_timed_out(time_limit::queue, *limit);
    }
}

task<> exchange::connect() {
    const auto& limits = parts_.settings.limits;
    auto made = co_await open_transport(current(), site_, *route_, limits, tracer_);
    if (made.was_resumed) ++core_->pool->counts.sessions_resumed;
    lease_.attach(std::move(made.stream));
}

task<> exchange::ask() {
    ++core_->pool->counts.requests;
    lease_->obey(parts_.settings.limits);
    was_sent_ = true;
    auto text = request_text();
    const bool is_plain = !parts_.continue_within && !parts_.on_upload;
    if (is_plain && parts_.body.append_to(text, sent_with_header)) {
        lease_->begin(site_, parts_.method == "HEAD", parts_.is_raw);
        const bool is_sent = co_await lease_->write(text);
        if (is_sent) lease_->request_is_sent();
        tracer_.request_sent(text, parts_.secret_names);
        // Thousands may wait for their replies at a time: none keeps it.
        text = std::string();
        // No server has answered by now: what others have to do goes before a read that would find nothing.
        co_await yield();
        head_ = std::move(*co_await lease_->read_head());
    } else {
        upload work(*lease_.get(), site_, parts_, body_sizes_, body_has_begun_, tracer_);
        head_ = std::move(*co_await work.run(text));
    }
    keep_cookies();
    tracer_.has_reply(lease_->first_byte_at(), head_);
    if (lease_->is_done()) lease_.release();
}

bool exchange::may_send_again() const noexcept {
    return parts_.settings.retries_stale && parts_.is_idempotent() && parts_.body.can_be_sent_again();
}

} // namespace tandem::http::detail
