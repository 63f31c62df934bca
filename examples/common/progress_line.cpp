#include "common/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

using namespace std::chrono_literals;

progress_line::progress_line()
    : terminal_(::isatty(STDERR_FILENO) == 1) {}

progress_line::~progress_line() {
    clear();
}

void progress_line::show(std::string_view text) {
    auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now < next_) return;
    next_ = now + 100ms;
    fmt::print(stderr, "\r\x1b[K{:.78}", text); // back to the line's start, and clear it
    visible_ = true;
}

void progress_line::clear() {
    if (visible_) fmt::print(stderr, "\r\x1b[K");
    visible_ = false;
    next_ = {};
}

void progress_line::print(std::string_view text) {
    clear();
    fmt::print(stderr, "{}\n", text);
}
