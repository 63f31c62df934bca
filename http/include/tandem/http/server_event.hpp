// What a server says in an event stream.
#pragma once
#include <optional>
#include <string>

#include <tandem/base/clock.hpp>

namespace tandem::http {

/// A server-sent event (HTML standard, section 9.2). Its texts are valid UTF-8.
struct server_event {
    /// Its type; "message" where the server named none.
    std::string event = "message";
    /// Its lines, with LF between them.
    std::string data;
    /// The id that the server gave last, with this event or an earlier one; empty if none.
    std::string id;
    /// How long to wait before a lost connection is opened again, where the server said that since the last
    /// event.
    std::optional<duration> retry;
};

} // namespace tandem::http
