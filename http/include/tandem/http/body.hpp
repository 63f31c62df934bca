// The body of a reply, as it comes from the network.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/http/headers.hpp>

namespace boost::json {
class value;
}

namespace tandem::http {

namespace detail {
class exchange;
}

/// What `response::body` gives: the rest of a body, read as it is asked for. Nothing is read ahead beyond one
/// buffer, so that a slow reader slows the server down.
///
///     auto reply = co_await web.get(link).send();
///     while (auto chunk = co_await reply.body().next()) use(*chunk);
///
/// The functions throw truncated_error where the body ends too soon, protocol_error, body_too_large and
/// timeout_error; the connection is closed then, and every later call throws the same. A call that is
/// cancelled has lost nothing: the next one goes on. One task at a time.
class TANDEM_API body {
  public:
    explicit body(std::shared_ptr<detail::exchange> from) noexcept;

    /// The next piece, which is never empty, and valid until the next call; nothing at the end of the body.
    task<std::optional<std::string_view>> next();

    /// Moves the next piece into `room`, where possible straight from the network. Returns its size: at least
    /// one byte, and 0 only at the end of the body. `room` must not be empty.
    task<std::size_t> read_into(std::span<char> room);

    /// All that is left.
    task<std::string> text();
    task<std::vector<std::byte>> bytes();
    /// The same parsed, a protocol_error if it is not JSON; include <tandem/http/json.hpp>.
    task<boost::json::value> json();

    /// Reads what is left of a short body (16 KiB) and throws it away, so that the connection can serve the
    /// next request; closes it where more is left. Nothing of the body can be read after that. Throws nothing
    /// of its own.
    task<> discard();

    /// The fields behind a body that came in chunks (RFC 9110 section 6.5), known at its end.
    const headers& trailers() const noexcept;

  private:
    std::shared_ptr<detail::exchange> exchange_;
};

} // namespace tandem::http
