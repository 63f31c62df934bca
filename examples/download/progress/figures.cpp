#include "download/progress/figures.hpp"

#include <fmt/format.h>

std::string size_text(double bytes) {
    if (bytes < 999.5) return fmt::format("{:.0f} B", bytes);
    const char* unit = "kMGTPE";
    bytes /= 1000;
    for (; bytes >= 999.5 && unit[1] != 0; ++unit)
        bytes /= 1000;
    if (bytes < 99.95) return fmt::format("{:.1f} {}B", bytes, *unit);
    return fmt::format("{:.0f} {}B", bytes, *unit);
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
    if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    return clock_text(time);
}
