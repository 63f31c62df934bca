#include "download/progress/frame.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "download/progress/figures.hpp"

namespace {

std::string coloured(const char* code, std::string text, frame_style style) {
    if (!style.is_coloured || text.empty()) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

constexpr const char* green = "32";
constexpr const char* yellow = "33";
constexpr const char* red = "31";
constexpr const char* faint = "2";

std::string repeated(std::string_view piece, std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i)
        made += piece;
    return made;
}

/// `share` is from 0 to 1.
std::string bar(double share, std::size_t columns, frame_style style) {
    share = std::clamp(share, 0.0, 1.0);
    const bool is_utf8 = style.text == charset::utf8;
    // In halves of a column: a line that ends in its middle is one more character.
    const auto halves = static_cast<std::size_t>(share * 2 * static_cast<double>(columns));
    const std::size_t full = halves / 2;
    const bool has_half = halves % 2 == 1;
    const std::string there = repeated(is_utf8 ? "━" : "=", full) + (has_half ? (is_utf8 ? "╸" : "-") : "");
    const std::string rest = repeated(is_utf8 ? "─" : ".", columns - full - (has_half ? 1 : 0));
    return coloured(green, there, style) + coloured(faint, rest, style);
}

/// What stands behind a bar: each column where it is known, or blank.
struct figures {
    std::optional<double> share;
    double bytes = 0;
    double speed = 0;
    std::optional<double> seconds_left;
};

std::optional<double> seconds_for(double bytes, double speed) {
    if (speed < 1) return std::nullopt;
    return bytes / speed;
}

std::string time_left(std::optional<double> seconds) {
    if (!seconds) return "";
    const double bounded = std::min(*seconds, 1e9); // what a duration can hold
    return clock_text(
        std::chrono::duration_cast<tandem::duration>(std::chrono::duration<double>(std::round(bounded))));
}

/// A bar and figures in exactly `room` columns, or as much of them as fits: the bar goes first, then the time
/// left, then the speed.
std::string progress_text(const figures& now, std::size_t room, frame_style style) {
    const std::string share = now.share ? fmt::format("{:.0f} %", std::floor(*now.share * 100)) : "";
    std::string text = fmt::format("{:>5}  {:>7}", share, size_text(now.bytes));
    if (room >= text.size() + 11) text += fmt::format("  {:>9}", now.speed > 0 ? speed_text(now.speed) : "");
    if (room >= text.size() + 9 && text.size() > 14)
        text += fmt::format("  {:>7}", time_left(now.seconds_left));
    if (room < text.size()) return std::string(room, ' ');
    constexpr std::size_t shortest_bar = 8;
    std::size_t left = room - text.size();
    if (left < shortest_bar + 1) return std::string(left, ' ') + text;
    --left;
    return (now.share ? bar(*now.share, left, style) : std::string(left, ' ')) + ' ' + text;
}

/// How a row is shared out.
struct columns {
    std::size_t name;
    std::size_t rest;
};

columns share_out(terminal_size room) {
    const std::size_t width = room.columns > 1 ? static_cast<std::size_t>(room.columns) - 1 : 1;
    const std::size_t name = std::min(width, std::clamp<std::size_t>(width * 3 / 10, 16, 40));
    return {name, width > name + 1 ? width - name - 1 : 0};
}

std::string row(const std::string& name, const std::string& rest, const columns& wide) {
    return wide.rest > 0 ? name + ' ' + rest : name;
}

std::string_view base_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1); // of all of it, where there is none
}

/// What a file does while no byte comes; empty where they do.
std::string words_for(const run_state::file& one) {
    using phase = run_state::phase;
    switch (one.now) {
    case phase::asking:
        return one.attempts > 1 ? fmt::format("asks again ({})", one.attempts) : "asks";
    case phase::waiting:
        return "waits: " + one.what;
    case phase::checking:
        return "checks";
    case phase::stepping:
        return one.what;
    case phase::receiving:
        break;
    }
    return "";
}

std::string file_line(const run_state::file& one, const columns& wide, frame_style style) {
    const auto name =
        printable(one.path.empty() ? std::string_view(one.url) : base_name(one.path), style.text);
    const auto words = words_for(one);
    std::string rest;
    if (words.empty()) {
        figures now;
        now.bytes = static_cast<double>(one.done);
        now.speed = one.speed.per_second();
        if (one.total) {
            const double total = static_cast<double>(*one.total);
            now.share = total > 0 ? std::min(1.0, now.bytes / total) : 1;
            now.seconds_left = seconds_for(std::max(0.0, total - now.bytes), now.speed);
        }
        rest = progress_text(now, wide.rest, style);
    } else {
        const auto shown = cut(printable(words, style.text), wide.rest, style.text);
        rest = coloured(one.now == run_state::phase::waiting ? yellow : faint, shown, style);
    }
    return row(fitted(name, wide.name, style.text), rest, wide);
}

std::string count_text(std::uint64_t count, const char* one, const char* many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string saved_text(const run_state& run) {
    return fmt::format("{} of {} saved", run.saved(), run.files_in_all());
}

std::string total_line(const run_state& run, const columns& wide, frame_style style) {
    figures now;
    now.bytes = static_cast<double>(run.received());
    now.speed = run.speed();
    if (const auto guess = run.estimate(); guess && !run.is_open_ended()) {
        const double all = guess->done + guess->to_come;
        now.share = all > 0 ? guess->done / all : 1;
        now.seconds_left = seconds_for(guess->to_come, now.speed);
    }
    return row(fitted(saved_text(run), wide.name, style.text), progress_text(now, wide.rest, style), wide);
}

std::string notes_line(const run_state& run, std::size_t without_bar, const columns& wide,
                       frame_style style) {
    std::vector<std::string> notes;
    if (run.failures() > 0) notes.push_back(fmt::format("{} failed", run.failures()));
    if (run.retries() > 0) notes.push_back(count_text(run.retries(), "retry", "retries"));
    if (without_bar > 0) notes.push_back(fmt::format("{} more under way", without_bar));
    const auto text = cut(fmt::format("{}", fmt::join(notes, ", ")), wide.name + wide.rest, style.text);
    return coloured(run.failures() > 0 ? red : faint, text, style);
}

} // namespace

std::vector<std::string> frame_lines(const run_state& run, terminal_size room, frame_style style) {
    const columns wide = share_out(room);
    const std::size_t rows = room.rows > 2 ? static_cast<std::size_t>(room.rows) - 1 : 1;
    std::vector<std::string> lines;
    if (rows > 1) {
        const bool has_notes = run.failures() > 0 || run.retries() > 0;
        std::size_t bars = rows - 1; // the total
        if (has_notes || run.under_way() > bars) --bars;
        bars = std::min(bars, run.under_way());
        for (const auto& one : run.files()) {
            if (lines.size() == bars) break;
            if (one.is_under_way) lines.push_back(file_line(one, wide, style));
        }
        const std::size_t without_bar = run.under_way() - bars;
        if (has_notes || without_bar > 0) lines.push_back(notes_line(run, without_bar, wide, style));
    }
    lines.push_back(total_line(run, wide, style));
    return lines;
}

std::string summary_line(const run_state& run, tandem::duration took) {
    const double bytes = static_cast<double>(run.received());
    const double seconds = std::chrono::duration<double>(took).count();
    std::string line = fmt::format("{}, {} in {}", saved_text(run), size_text(bytes), seconds_text(took));
    if (seconds > 0) line += ", " + speed_text(bytes / seconds);
    if (run.kept() > 0) line += fmt::format(", {} kept", run.kept());
    if (run.retries() > 0) line += ", " + count_text(run.retries(), "retry", "retries");
    if (run.failures() > 0) line += fmt::format(", {} failed", run.failures());
    return line;
}
