#include "download/progress/line_display.hpp"

#include <utility>

#include "download/progress/figures.hpp"
#include "download/progress/frame.hpp"
#include "download/progress/lines.hpp"

namespace {

/// More is not kept.
constexpr std::size_t most_waiting = 64 * 1024;

/// "saved images/a.jpg (254 kB in 0.31 s)"
void append_line(std::string& to, const run_state::file& which, const tandem::http::downloaded& what,
                 charset known) {
    to += what.was_kept ? "kept " : "saved ";
    append_printable(to, which.path, known);
    if (!what.was_kept) {
        to.append(" (").append(size_text(static_cast<double>(what.bytes)));
        to.append(" in ").append(seconds_text(what.took));
        if (what.resumed > 0)
            to.append(", ").append(size_text(static_cast<double>(what.resumed))).append(" were there");
        to += ')';
    }
    to += '\n';
}

} // namespace

line_display::line_display(line_detail detail)
    : detail_(detail)
    , charset_(charset_of_user()) {}

line_display::~line_display() {
    flush();
}

void line_display::show_done(const run_state::file& which, const tandem::http::downloaded& what) {
    if (detail_ != line_detail::files) return;
    append_line(lines_, which, what, charset_);
    if (std::exchange(is_quiet_, false) || lines_.size() > most_waiting) flush();
}

void line_display::show_failed(const run_state::file*, std::string_view why, int) {
    show_message(why);
}

void line_display::show_message(std::string_view text) {
    if (detail_ == line_detail::nothing) return;
    std::vector<std::string> lines;
    append_lines(lines, text, charset_);
    for (const auto& line : lines)
        lines_.append(line) += '\n';
    flush();
}

/// In the order in which they came, where both go to the same place.
void line_display::show_result(std::string_view line) {
    flush();
    display::show_result(line);
}

void line_display::show_frame() {
    is_quiet_ = lines_.empty();
    flush();
}

void line_display::show_end() {
    if (detail_ != line_detail::files) return;
    lines_.append(summary_line(run(), tandem::clock::now() - run().begun_at())) += '\n';
    flush();
}

void line_display::flush() {
    if (!lines_.empty()) write_errors(lines_);
    lines_.clear();
}
