#include "download/progress/line_display.hpp"

#include <fmt/format.h>

#include "download/progress/figures.hpp"
#include "download/progress/frame.hpp"
#include "download/progress/lines.hpp"

namespace {

/// "saved images/a.jpg (254 kB in 0.31 s)"
std::string line_for(const run_state::file& which, const tandem::http::downloaded& what, charset known) {
    const auto path = printable(which.path, known);
    if (what.was_kept) return "kept " + path;
    std::string line = fmt::format("saved {} ({} in {}", path, size_text(static_cast<double>(what.bytes)),
                                   seconds_text(what.took));
    if (what.resumed > 0)
        line += fmt::format(", {} were there", size_text(static_cast<double>(what.resumed)));
    return line + ')';
}

} // namespace

line_display::line_display(line_detail detail)
    : detail_(detail)
    , charset_(charset_of_user()) {}

void line_display::show_done(const run_state::file& which, const tandem::http::downloaded& what) {
    if (detail_ == line_detail::files) write_error_line(line_for(which, what, charset_));
}

void line_display::show_failed(const run_state::file*, std::string_view why, int) {
    show_message(why);
}

void line_display::show_message(std::string_view text) {
    if (detail_ == line_detail::nothing) return;
    std::vector<std::string> lines;
    append_lines(lines, text, charset_);
    for (const auto& line : lines)
        write_error_line(line);
}

void line_display::show_end() {
    if (detail_ != line_detail::files) return;
    write_error_line(summary_line(run(), tandem::clock::now() - run().begun_at()));
}
