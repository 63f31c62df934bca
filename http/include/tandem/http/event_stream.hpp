// Server-sent events.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/http/event_options.hpp>
#include <tandem/http/request_builder.hpp>
#include <tandem/http/server_event.hpp>

namespace tandem::http {

/// The events that a server sends in reply to a request (HTML standard, section 9.2), over as many
/// connections as that takes:
///
///     http::event_stream news(web.get(link));
///     while (auto event = co_await news.next()) std::cout << event->event << ": " << event->data << '\n';
///
/// The request goes out as it is, with `Accept: text/event-stream` and `Cache-Control: no-store`. When its
/// connection ends, breaks or keeps silent for longer than its `read_timeout`, it is sent again after a
/// while, with the id of the last event as Last-Event-ID (but for one that no header can carry); a server
/// that answers 204 ends the stream. Its `total_timeout`, if any, is for each connection.
///
/// Belongs to its client's loop, and to one task at a time; may outlive the client. Its destructor closes the
/// connection.
class TANDEM_API event_stream {
  public:
    explicit event_stream(request_builder request, const event_options& options = event_options());
    event_stream(event_stream&&) noexcept;
    event_stream& operator=(event_stream&&) noexcept;
    ~event_stream();

    /// The next event; nothing once the server has ended the stream. Opens the connection if there is none.
    /// An event that was cut by the end of its connection is dropped.
    ///
    /// Throws status_error for any status but 200 and 204, protocol_error for a reply that is no
    /// text/event-stream, body_too_large for an event beyond the limit, and what a request throws: for the
    /// first connection at once, later, where it is a connect_error, timeout_error or truncated_error, only
    /// after the given number of attempts. The next call then tries once more.
    /// Cancelling it loses no event: the next call goes on.
    task<std::optional<server_event>> next();

    /// The id that the server gave last, to go on there with another stream; empty if none.
    const std::string& last_event_id() const noexcept;

  private:
    class state;
    std::unique_ptr<state> state_;
};

} // namespace tandem::http
