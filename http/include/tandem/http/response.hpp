// A reply whose body is still to come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/coro/task.hpp>
#include <tandem/http/body.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/redirect_hop.hpp>
#include <tandem/http/timings.hpp>
#include <tandem/http/url.hpp>

namespace boost::json {
class value;
}

namespace tandem::http {

namespace detail {
class exchange;
}

/// The status and header of a reply; the body stays on the connection until it is asked for. Where a response
/// is dropped before its body was read, its connection serves others if the rest of the body has arrived
/// already, and is closed otherwise; `body().discard()` waits for a short rest. Belongs to its client's loop;
/// may outlive the client.
class TANDEM_API response {
  public:
    explicit response(std::shared_ptr<detail::exchange> from) noexcept;
    response(response&&) noexcept = default;
    response& operator=(response&&) noexcept = default;
    ~response();

    int status() const noexcept;
    /// The words after the status; empty where the server sent none.
    std::string_view reason() const noexcept;
    /// True for 2xx.
    bool ok() const noexcept { return status() / 100 == 2; }
    const http::headers& headers() const noexcept;
    /// Where the reply came from, after redirects.
    const url& from() const noexcept;
    /// The redirects that led there, the first one first; empty where there was none.
    const std::vector<redirect_hop>& redirects() const noexcept;
    /// The body's length in bytes, where the server said it.
    std::optional<std::uint64_t> content_length() const noexcept;

    /// Where the time went, until the reply's end.
    http::timings timings() const noexcept;

    /// Throws status_error unless ok().
    void raise_for_status() const;

    /// The body, to be read piece by piece.
    http::body& body() noexcept { return body_; }

    /// The rest of the body, whatever the status. Throws as http::body.
    task<std::string> text() { return body_.text(); }
    task<std::vector<std::byte>> bytes() { return body_.bytes(); }
    /// Include <tandem/http/json.hpp>.
    task<boost::json::value> json();
    /// The next piece of the body, as a string of its own; empty at the end.
    task<std::string> read();

    /// The fields behind a body that came in chunks, known at its end.
    const http::headers& trailers() const noexcept { return body_.trailers(); }

  private:
    friend class detail::exchange;
    std::shared_ptr<detail::exchange> exchange_;
    http::body body_;
};

} // namespace tandem::http
