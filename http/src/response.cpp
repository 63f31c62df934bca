#include <tandem/http/response.hpp>

#include "exchange.hpp"
#include "rest_of.hpp"

namespace tandem::http {

namespace {

using work_pointer = std::shared_ptr<detail::exchange>;

// These keep what they work on: a task may outlive the response.

task<std::optional<std::string_view>> next_piece(work_pointer work) {
    const auto piece = co_await work->within_total(work->read());
    if (piece.empty()) co_return std::nullopt;
    co_return piece;
}

task<std::string> copied_piece(work_pointer work) {
    const auto piece = co_await work->within_total(work->read());
    co_return std::string(piece);
}

task<std::size_t> piece_into(work_pointer work, std::span<char> room) {
    co_return co_await work->within_total(work->read_into(room));
}

template <class Container> task<Container> all_pieces(work_pointer work) {
    co_return co_await work->within_total(detail::rest_of<Container>(*work));
}

task<> drain(work_pointer work) {
    co_await work->within_total(work->drain());
}

} // namespace

body::body(work_pointer from) noexcept
    : exchange_(std::move(from)) {}

task<std::optional<std::string_view>> body::next() {
    return next_piece(exchange_);
}
task<std::size_t> body::read_into(std::span<char> room) {
    return piece_into(exchange_, room);
}
task<std::string> body::text() {
    return all_pieces<std::string>(exchange_);
}
task<std::vector<std::byte>> body::bytes() {
    return all_pieces<std::vector<std::byte>>(exchange_);
}
task<> body::discard() {
    return drain(exchange_);
}
const headers& body::trailers() const noexcept {
    return exchange_->trailers();
}

response::response(work_pointer from) noexcept
    : exchange_(std::move(from))
    , body_(exchange_) {}
response::~response() = default;

int response::status() const noexcept {
    return exchange_->head().status;
}
std::string_view response::reason() const noexcept {
    return exchange_->head().reason;
}
const headers& response::headers() const noexcept {
    return exchange_->head().fields;
}
const url& response::from() const noexcept {
    return exchange_->current();
}
const std::vector<redirect_hop>& response::redirects() const noexcept {
    return exchange_->hops();
}
std::optional<std::uint64_t> response::content_length() const noexcept {
    return exchange_->head().content_length;
}
timings response::timings() const noexcept {
    return exchange_->times();
}
void response::raise_for_status() const {
    exchange_->raise_for_status();
}
task<std::string> response::read() {
    return copied_piece(exchange_);
}

} // namespace tandem::http
