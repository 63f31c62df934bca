#include "observe/observer_talk.hpp"

#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>

namespace tandem::detail {
namespace {

constexpr std::size_t longest_line = 128;

/// Reads up to `limit` bytes; none at the end of the stream.
std::size_t receive_some(const unique_fd& connection, char* into, std::size_t limit) {
    for (;;) {
        const ssize_t n = ::recv(connection.get(), into, limit, 0);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "no answer");
    }
}

} // namespace

void limit_waits(const unique_fd& connection, int seconds) noexcept {
    const timeval limit{seconds, 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

void send_all(const unique_fd& connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "cannot send");
    }
}

std::string receive_line(const unique_fd& connection) {
    std::string line;
    for (char byte = 0; receive_some(connection, &byte, 1) == 1 && byte != '\n';) {
        line += byte;
        if (line.size() > longest_line) throw std::runtime_error("a line that has no end");
    }
    return line;
}

void send_answer(const unique_fd& connection, bool is_ok, std::string_view text) {
    send_all(connection, (is_ok ? "ok " : "no ") + std::to_string(text.size()) + '\n');
    send_all(connection, text);
}

std::string receive_answer(const unique_fd& connection) {
    const std::string line = receive_line(connection);
    std::size_t length = 0;
    const bool is_ok = line.starts_with("ok ");
    const char* const end = line.data() + line.size();
    if ((!is_ok && !line.starts_with("no ")) || line.size() < 4 ||
        std::from_chars(line.data() + 3, end, length).ptr != end)
        throw std::runtime_error("it ended the connection without an answer");
    std::string text;
    char bytes[16384];
    while (text.size() < length) {
        const std::size_t n = receive_some(connection, bytes, std::min(sizeof bytes, length - text.size()));
        if (n == 0) throw std::runtime_error("the answer was cut off");
        text.append(bytes, n);
    }
    if (!is_ok) throw std::runtime_error(text);
    return text;
}

} // namespace tandem::detail
