#include <tandem/http/error.hpp>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace tandem::http {

namespace {

/// A server's words and a user's arguments end up on a terminal: control characters must not act there.
std::string one_line(std::string_view text) {
    constexpr std::size_t longest = 2000;
    std::string line;
    for (unsigned char c : text.substr(0, longest)) {
        if (c >= 0x20 && c != 0x7f) {
            line += static_cast<char>(c);
        } else {
            char escape[5];
            std::snprintf(escape, sizeof escape, "\\x%02x", c);
            line += escape;
        }
    }
    if (text.size() > longest) line += "...";
    return line;
}

const char* words_for(time_limit which) {
    switch (which) {
    case time_limit::queue:
        return "queue time-out: no connection was free for";
    case time_limit::connect:
        return "connect time-out: connecting took more than";
    case time_limit::tls:
        return "TLS time-out: the handshake took more than";
    case time_limit::first_byte:
        return "first-byte time-out: no reply began for more than";
    case time_limit::read:
        return "read time-out: the server sent nothing for more than";
    case time_limit::write:
        return "write time-out: the server took nothing for more than";
    case time_limit::total:
        return "total time-out: the whole request took more than";
    case time_limit::low_speed:
        return "low-speed time-out: too little was sent over";
    }
    return "time-out:";
}

std::string timed_out(time_limit which, double seconds, std::string_view more) {
    char text[100];
    std::snprintf(text, sizeof text, "%s %g s", words_for(which), seconds);
    return text + std::string(more);
}

} // namespace

error::error(std::string_view url, std::string_view cause)
    : std::runtime_error(one_line(url) + ": " + one_line(cause))
    , url_size_(one_line(url).size()) {}

timeout_error::timeout_error(std::string_view url, time_limit which, double seconds, std::string_view more)
    : error(url, timed_out(which, seconds, more))
    , which_(which) {}

status_error::status_error(std::string_view url, int status, std::string_view reason,
                           std::optional<duration> retry_after)
    : error(url, std::to_string(status) + (reason.empty() ? "" : " ") + std::string(reason))
    , status_(status)
    , retry_after_(retry_after) {}

file_error::file_error(std::string_view url, std::string_view path, int code, std::string_view why)
    : error(url, std::string(path) + ": " +
                     (why.empty() ? std::generic_category().message(code) : std::string(why)))
    , path_size_(one_line(path).size())
    , code_(code) {}

file_exists::file_exists(std::string_view url, std::string_view path, std::string_view why)
    : file_error(url, path, EEXIST, why) {}

} // namespace tandem::http
