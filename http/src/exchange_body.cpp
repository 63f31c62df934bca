// How the body of an exchange's reply is read.
#include "exchange.hpp"

#include <tandem/coro/sleep.hpp>

namespace tandem::http::detail {

void exchange::begin_body() {
    // What was made here has no coding, whatever its header says.
    if (lease_.get() && parts_.wants_decoding()) {
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
            if (size == 0) tracer_.end(trace_step::done, {}, head_.status);
            co_return std::string_view(decoded_.get(), size);
        }
        std::string_view piece;
        if (lease_.get()) piece = lease_->buffered_body();
        if (piece.empty()) piece = co_await read_wire();
        count_body(piece.size());
        if (piece.empty()) tracer_.end(trace_step::done, {}, head_.status);
        co_return piece;
    } catch (const error& failure) {
        keep_failure(failure);
        throw;
    }
}

task<std::size_t> exchange::read_into(std::span<char> room) {
    if (failure_) std::rethrow_exception(failure_);
    try {
        std::size_t size = 0;
        if (decoder_) {
            size = co_await read_decoded(room);
            if (size == 0) tracer_.end(trace_step::done, {}, head_.status);
            co_return size;
        }
        if (lease_.get()) {
            size = co_await lease_->read_body_into(room);
        } else {
            size = made_left_.copy(room.data(), room.size());
            made_left_.remove_prefix(size);
        }
        if (size == 0) end_body();
        count_body(size);
        if (size == 0) tracer_.end(trace_step::done, {}, head_.status);
        co_return size;
    } catch (const error& failure) {
        keep_failure(failure);
        throw;
    }
}

/// The next piece of the body as it came over the connection.
task<std::string_view> exchange::read_wire() {
    if (!lease_.get()) co_return std::exchange(made_left_, {});
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
void exchange::keep_failure(const error& failure) noexcept {
    tracer_.end(trace_step::failed, failure.what());
    failure_ = std::current_exception();
    lease_.drop_connection();
    lease_.release();
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
    made_left_ = {};
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

} // namespace tandem::http::detail
