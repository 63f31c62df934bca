#include <tandem/http/error.hpp>

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

std::string timed_out(time_limit which, double seconds) {
    char text[80];
    const char* what = which == time_limit::connect ? "connecting took"
                       : which == time_limit::read  ? "the server sent nothing for"
                                                    : "the whole request took";
    const char* limit = which == time_limit::connect ? "connect"
                        : which == time_limit::read  ? "read"
                                                     : "total";
    std::snprintf(text, sizeof text, "%s time-out: %s more than %g s", limit, what, seconds);
    return text;
}

} // namespace

error::error(std::string_view url, std::string_view cause)
    : std::runtime_error(one_line(url) + ": " + one_line(cause))
    , url_size_(one_line(url).size()) {}

timeout_error::timeout_error(std::string_view url, time_limit which, double seconds)
    : error(url, timed_out(which, seconds))
    , which_(which) {}

status_error::status_error(std::string_view url, int status, std::string_view reason)
    : error(url, std::to_string(status) + (reason.empty() ? "" : " ") + std::string(reason))
    , status_(status) {}

file_error::file_error(std::string_view url, std::string_view path, int code)
    : error(url, std::string(path) + ": " + std::generic_category().message(code))
    , path_size_(one_line(path).size())
    , code_(code) {}

} // namespace tandem::http
