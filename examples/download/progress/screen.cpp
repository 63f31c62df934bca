#include "download/progress/screen.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

namespace {

/// A number above 0 in an environment variable.
int number_in(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    if (!text) return otherwise;
    int value = 0;
    const char* end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, value);
    return read.ec == std::errc() && read.ptr == end && value > 0 ? value : otherwise;
}

} // namespace

std::string repaint(const std::vector<std::string>& above, const std::vector<std::string>& block) {
    std::string text = "\x1b[?25l\r";
    if (!above.empty())
        text += "\x1b[J"; // they may take more rows than one each, which erases none of the rest
    for (const auto& line : above)
        text += line + "\r\n";
    for (std::size_t i = 0; i < block.size(); ++i) {
        if (i > 0) text += "\r\n";
        text += block[i] + "\x1b[K"; // written over, then cleared behind it: that does not flicker
    }
    text += "\x1b[J\r";
    if (block.size() > 1) text += fmt::format("\x1b[{}A", block.size() - 1);
    return text + "\x1b[?25h";
}

screen::~screen() {
    clear();
}

terminal_size screen::size() const {
    winsize found{};
    if (::ioctl(fd_, TIOCGWINSZ, &found) == 0 && found.ws_row > 0 && found.ws_col > 0)
        return {found.ws_row, found.ws_col};
    return {number_in("LINES", 24), number_in("COLUMNS", 80)};
}

bool screen::is_ready() const noexcept {
    pollfd asked{fd_, POLLOUT, 0};
    return ::poll(&asked, 1, 0) == 1;
}

void screen::draw(const std::vector<std::string>& above, const std::vector<std::string>& block) {
    if (above.empty() && block == block_) return;
    write(repaint(above, block));
    block_ = block;
}

void screen::clear() {
    if (!block_.empty()) write("\r\x1b[J");
    block_.clear();
}

void screen::print(const std::vector<std::string>& lines) {
    clear();
    std::string text;
    for (const auto& line : lines)
        text += line + '\n';
    write(text);
}

/// A terminal that has gone is no reason to stop.
void screen::write(std::string_view text) const noexcept {
    while (!text.empty()) {
        const auto written = ::write(fd_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            pollfd room{fd_, POLLOUT, 0};
            ::poll(&room, 1, -1);
            continue;
        }
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}
