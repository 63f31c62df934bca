#include "exchange.hpp"

#include <boost/beast/http/status.hpp>

#include <tandem/base/log.hpp>
#include <tandem/coro/sleep.hpp>

#include "redirect.hpp"
#include "text_codec.hpp"
#include "transport.hpp"
#include "upload.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::size_t decoded_piece = 32 * 1024;

} // namespace

exchange::exchange(std::shared_ptr<client_core> core, request_parts parts)
    : core_(std::move(core))
    , parts_(std::move(parts))
    , current_(parts_.target)
    , route_(core_->route_for(parts_.settings))
    , site_(current_.to_string())
    , started_(loop::current().now()) {
    if (!current_.user_info().empty() && !parts_.fields.contains("Authorization"))
        parts_.fields.add("Authorization", "Basic " + base64(percent_decoded(current_.user_info())));
}

exchange::~exchange() {
    if (lease_.get()) lease_->drop_buffered();
}

task<> exchange::open() {
    for (;;) {
        co_await send_once();
        const bool can_send = !body_has_begun_ || parts_.body.can_be_sent_again();
        if (head_.status == 417 && parts_.continue_within && can_send) {
            // RFC 9110 section 10.1.1: somebody on the way does not know how to ask first.
            parts_.continue_within.reset();
            co_await drain();
            co_await send_once();
        }
        if (parts_.settings.max_redirects <= 0) co_return;
        auto next = redirect_target(head_, current_, site_);
        if (!next) co_return;
        check_redirect(parts_.settings, hops_, current_, *next, site_);
        co_await leave_for(*next);
    }
}

task<> exchange::open_for_body(bool raises) {
    co_await open();
    if (parts_.raise_for_status.value_or(raises) && head_.status / 100 != 2) {
        co_await drain();
        raise_for_status();
    }
    if (lease_.get()) begin_body();
}

void exchange::begin_body() {
    if (parts_.wants_decoding()) {
        const auto codings = codings_of(head_.fields);
        if (codings.size() > content_decoder::most_layers)
            site_.fail<protocol_error>("the body has more than 5 codings");
        decoder_ = content_decoder::make(codings);
    }
    if (decoder_) {
        if (parts_.max_body) decoder_->set_limit(*parts_.max_body);
    } else {
        count_body(head_.content_length.value_or(0));
        body_bytes_ = 0;
    }
}

void exchange::expect_to_keep_all() {
    constexpr std::uint64_t most_in_memory = 256 * 1024 * 1024;
    if (decoder_ && !parts_.max_body) decoder_->set_limit(most_in_memory);
}

task<std::string_view> exchange::read() {
    if (failure_) std::rethrow_exception(failure_);
    try {
        if (decoder_) {
            if (!decoded_) decoded_ = std::make_unique_for_overwrite<char[]>(decoded_piece);
            auto size = co_await read_decoded({decoded_.get(), decoded_piece});
            co_return std::string_view(decoded_.get(), size);
        }
        auto piece = co_await read_wire();
        count_body(piece.size());
        co_return piece;
    } catch (const error&) {
        keep_failure();
        throw;
    }
}

task<std::size_t> exchange::read_into(std::span<char> room) {
    if (failure_) std::rethrow_exception(failure_);
    try {
        std::size_t size = 0;
        if (decoder_) {
            size = co_await read_decoded(room);
            co_return size;
        }
        if (lease_.get()) size = co_await lease_->read_body_into(room);
        if (size == 0) end_body();
        count_body(size);
        co_return size;
    } catch (const error&) {
        keep_failure();
        throw;
    }
}

/// The next piece of the body as it came over the connection.
task<std::string_view> exchange::read_wire() {
    if (!lease_.get()) co_return std::string_view();
    auto piece = co_await lease_->read_body();
    if (piece.empty()) end_body();
    co_return piece;
}

task<std::size_t> exchange::read_decoded(std::span<char> room) {
    while (!decoder_->is_done()) {
        const std::size_t size = decoder_->decode(room);
        if (size > 0) co_return size;
        if (!decoder_->trouble().empty()) fail_decoding();
        if (decoder_->needs_input())
            co_await feed_decoder();
        else
            co_await yield();
    }
    co_return 0;
}

task<> exchange::feed_decoder() {
    const auto piece = co_await read_wire();
    if (piece.empty())
        decoder_->finish();
    else
        decoder_->feed(piece);
}

void exchange::fail_decoding() const {
    using fault = content_decoder::fault;
    if (decoder_->kind() == fault::truncated) site_.fail<truncated_error>(decoder_->trouble());
    if (decoder_->kind() == fault::too_large) site_.fail<body_too_large>(decoder_->trouble());
    site_.fail<protocol_error>(decoder_->trouble());
}

void exchange::end_body() {
    if (!lease_.get()) return;
    trailers_ = std::move(lease_->trailers());
    lease_.release();
}

void exchange::count_body(std::uint64_t more) {
    body_bytes_ += more;
    if (parts_.max_body && body_bytes_ > *parts_.max_body)
        site_.fail<body_too_large>("the body is larger than " + std::to_string(*parts_.max_body) + " bytes");
}

/// To be called while the error is handled.
void exchange::keep_failure() noexcept {
    failure_ = std::current_exception();
    lease_.drop_connection();
    lease_.release();
}

void exchange::raise_for_status() const {
    if (head_.status / 100 == 2) return;
    std::string words = head_.reason;
    if (words.empty())
        words = std::string(boost::beast::http::obsolete_reason(
            boost::beast::http::int_to_status(static_cast<unsigned>(head_.status))));
    throw status_error(site_.url(), head_.status, site_.cause(words));
}

task<> exchange::send_once() {
    if (current_.is_https() && !parts_.settings.verifies)
        log(log_level::warning, site_.url() + ": talks to " + std::string(current_.origin()) +
                                    " without verifying who that is, as this request asked for");
    measure_body();
    co_await wait_for_turn();
    if (lease_.get()) {
        ++core_->pool->counts.connections_reused;
        const bool answered = co_await ask_over_idle();
        if (answered) co_return;
        lease_.drop_connection();
        ++core_->pool->counts.retries;
    }
    co_await connect();
    co_await ask();
}

task<> exchange::wait_for_turn() {
    const auto limit = parts_.settings.limits.queue;
    auto turn = core_->pool->acquire(connection_key{std::string(current_.origin()), route_});
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
    auto made = co_await open_transport(current_, site_, *route_, limits);
    if (made.was_resumed) ++core_->pool->counts.sessions_resumed;
    lease_.attach(std::make_unique<connection>(std::move(made.stream)));
}

task<> exchange::ask() {
    ++core_->pool->counts.requests;
    lease_->obey(parts_.settings.limits);
    head_ = std::move(*co_await send_request());
    if (lease_->is_done()) lease_.release();
}

/// Returns false where the server had closed the connection before it saw the request. One that can be sent
/// again with the same effect may then be (RFC 9110 section 9.2.2), on a new connection: another idle one may
/// be as dead.
task<bool> exchange::ask_over_idle() {
    try {
        co_await ask();
        co_return true;
    } catch (const connect_error&) {
        if (!lease_->was_stale() || !may_send_again()) throw;
    }
    co_return false;
}

bool exchange::may_send_again() const noexcept {
    return parts_.settings.retries_stale && parts_.is_idempotent() && parts_.body.can_be_sent_again();
}

task<> exchange::drain() {
    const auto& settings = parts_.settings;
    const auto most = static_cast<std::uint64_t>(settings.drain_limit);
    const bool is_short = !head_.content_length || *head_.content_length <= most;
    if (lease_.get() && is_short && most > 0) {
        try {
            co_await move_on_after(settings.drain_timeout, read_rest(most));
        } catch (const error&) {
            // The header has said all there is to say; the connection is closed below.
        }
    }
    decoder_.reset(); // which would miss what was thrown away
    lease_.release();
}

/// Reads until the body's end, or until more than `most` bytes have come.
task<> exchange::read_rest(std::uint64_t most) {
    std::uint64_t count = 0;
    while (count <= most) {
        const auto piece = co_await read_wire();
        if (piece.empty()) break;
        count += piece.size();
    }
}

task<> exchange::leave_for(url target) {
    co_await drain();
    follow_redirect(parts_, head_.status, current_, target);
    hops_.emplace_back(current_, head_.status);
    current_ = std::move(target);
    site_.redirected_to(current_.to_string());
}

} // namespace tandem::http::detail
