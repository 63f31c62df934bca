// A reply whose body is still to come.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

namespace detail {
class exchange;
}

/// The status and header of a reply; the body stays on the connection until it is asked for. A response that
/// is dropped before its body was read closes its connection. Belongs to its client's loop; may outlive the
/// client.
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
    /// The body's length in bytes, where the server said it.
    std::optional<std::uint64_t> content_length() const noexcept;

    /// Throws status_error unless ok().
    void raise_for_status() const;

    /// The next piece of the body as it comes from the network, empty at its end. Throws truncated_error,
    /// protocol_error, timeout_error; after an error or a cancellation the rest is lost.
    task<std::string> read();

    /// The rest of the body, whatever the status. Throws as read().
    task<std::string> text();

  private:
    std::shared_ptr<detail::exchange> exchange_;
};

} // namespace tandem::http
