#include "download/progress/figures.hpp"

#include <cmath>
#include <fmt/format.h>

namespace {

/// With one digit behind the point, or two where `more_digits`. Lines with these numbers are written for each
/// of very many files, and a formatter of floating-point numbers takes its time.
std::string decimal(double value, bool more_digits = false) {
    const int scale = more_digits ? 100 : 10;
    const auto all = std::llrint(value * scale);
    auto text = std::to_string(all / scale) + '.';
    const auto rest = static_cast<int>(all % scale);
    if (more_digits) text += static_cast<char>('0' + rest / 10);
    return text += static_cast<char>('0' + rest % 10);
}

} // namespace

std::string size_text(double bytes) {
    if (bytes < 999.5) return std::to_string(std::llrint(bytes)) + " B";
    const char* unit = "kMGTPE";
    bytes /= 1000;
    for (; bytes >= 999.5 && unit[1] != 0; ++unit)
        bytes /= 1000;
    auto text = bytes < 99.95 ? decimal(bytes) : std::to_string(std::llrint(bytes));
    (text += ' ') += *unit;
    return text += 'B';
}

std::string speed_text(double bytes_per_second) {
    return size_text(bytes_per_second) + "/s";
}

std::string clock_text(tandem::duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    const auto minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
    if (hours == 0) return fmt::format("{}:{:02}", minutes, seconds % 60);
    if (days == 0) return fmt::format("{}:{:02}:{:02}", hours, minutes % 60, seconds % 60);
    if (days < 100) return fmt::format("{}d {:02}h", days, hours % 24);
    return "> 99d";
}

std::string seconds_text(tandem::duration time) {
    const double seconds = std::chrono::duration<double>(time).count();
    if (seconds < 59.95) return decimal(seconds, seconds < 9.995) + " s";
    return clock_text(time);
}
