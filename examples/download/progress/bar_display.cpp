#include "download/progress/bar_display.hpp"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "download/progress/lines.hpp"

frame_style style_for_user() {
    const char* no_colour = std::getenv("NO_COLOR");
    return {charset_of_user(), !no_colour || !*no_colour};
}

bar_display::bar_display()
    : style_(style_for_user())
    , shares_terminal_(::isatty(STDOUT_FILENO) == 1)
    , screen_(STDERR_FILENO) {}

bar_display::~bar_display() {
    print_results();
    screen_.print(above_);
}

void bar_display::show_failed(const run_state::file*, std::string_view why, int) {
    show_message(why);
}

void bar_display::show_message(std::string_view text) {
    append_lines(above_, text, style_.text);
}

void bar_display::show_result(std::string_view line) {
    if (shares_terminal_)
        results_.emplace_back(line);
    else
        display::show_result(line);
}

void bar_display::print_results() {
    if (results_.empty()) return;
    screen_.clear();
    for (const auto& line : results_)
        display::show_result(line);
    results_.clear();
}

void bar_display::show_frame() {
    if (!screen_.is_ready()) return;
    run().sample(tandem::clock::now());
    print_results();
    screen_.draw(above_, frame_lines(run(), screen_.size(), style_));
    above_.clear();
}

void bar_display::show_end() {
    print_results();
    above_.push_back(summary_line(run(), tandem::clock::now() - run().begun_at()));
    screen_.print(above_);
    above_.clear();
}
