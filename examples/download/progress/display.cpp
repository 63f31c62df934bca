#include "download/progress/display.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

#include "download/progress/bar_display.hpp"
#include "download/progress/json_display.hpp"
#include "download/progress/line_display.hpp"
#include "download/progress/lines.hpp"
#include <tandem/base/log.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>

using namespace std::chrono_literals;
using tandem::task;

progress_form form_for_user() {
    const char* terminal = std::getenv("TERM");
    const bool moves_cursor = terminal && *terminal && std::strcmp(terminal, "dumb") != 0;
    return moves_cursor && ::isatty(STDERR_FILENO) == 1 ? progress_form::bars : progress_form::plain;
}

std::unique_ptr<display> make_display(progress_form form) {
    switch (form) {
    case progress_form::bars:
        return std::make_unique<bar_display>();
    case progress_form::plain:
        return std::make_unique<line_display>(line_detail::files);
    case progress_form::json:
        return std::make_unique<json_display>();
    case progress_form::none:
        return std::make_unique<line_display>(line_detail::failures);
    case progress_form::silent:
        break;
    }
    return std::make_unique<line_display>(line_detail::nothing);
}

display::display()
    : run_(tandem::clock::now()) {}

void display::expect(std::uint64_t files) {
    const std::lock_guard lock(access_);
    run_.expect(files);
}

file_id display::begin(std::string_view url) {
    const std::lock_guard lock(access_);
    const auto id = run_.begin(url);
    show_begin(run_[id]);
    return id;
}

void display::progress(file_id file, const tandem::http::download_progress& now) {
    const std::lock_guard lock(access_);
    const bool is_retry = run_.progress(file, now);
    show_progress(run_[file]);
    if (is_retry) show_retry(run_[file]);
}

void display::step(file_id file, std::string_view name) {
    const std::lock_guard lock(access_);
    run_.step(file, name);
    show_step(run_[file]);
}

void display::done(file_id file, const tandem::http::downloaded& what) {
    const std::lock_guard lock(access_);
    run_.done(file, what);
    show_done(run_[file], what);
}

void display::failed(file_id file, std::string_view why, int exit_code) {
    const std::lock_guard lock(access_);
    run_.failed(file);
    note_failure(exit_code);
    show_failed(&run_[file], why, exit_code);
}

void display::failed(std::string_view why, int exit_code) {
    const std::lock_guard lock(access_);
    run_.failed();
    note_failure(exit_code);
    show_failed(nullptr, why, exit_code);
}

void display::trouble(std::string_view why, int exit_code) {
    const std::lock_guard lock(access_);
    note_failure(exit_code);
    show_message(why);
}

void display::note_failure(int exit_code) noexcept {
    exit_code_ = exit_code_ == 0 || exit_code_ == exit_code ? exit_code : 1;
}

void display::message(std::string_view text) {
    const std::lock_guard lock(access_);
    show_message(text);
}

void display::result(std::string_view line) {
    const std::lock_guard lock(access_);
    show_result(line);
}

void display::draw() {
    const std::lock_guard lock(access_);
    if (!is_finished_) show_frame();
}

void display::finish() {
    const std::lock_guard lock(access_);
    if (!std::exchange(is_finished_, true)) show_end();
}

std::string display::url(file_id file) const {
    const std::lock_guard lock(access_);
    return run_[file].url;
}

std::uint64_t display::saved() const {
    const std::lock_guard lock(access_);
    return run_.saved();
}

int display::exit_code() const {
    const std::lock_guard lock(access_);
    return exit_code_;
}

std::uint64_t display::failures() const {
    const std::lock_guard lock(access_);
    return run_.failures();
}

void display::show_result(std::string_view text) {
    if (::isatty(STDOUT_FILENO) == 1) {
        std::vector<std::string> lines;
        append_lines(lines, text, charset_of_user());
        fmt::print("{}\n", fmt::join(lines, "\n"));
    } else {
        fmt::print("{}\n", text);
    }
    std::fflush(stdout);
}

namespace {

task<> draw_by_the_clock(display& shown) {
    for (;;) {
        co_await tandem::sleep(100ms);
        shown.draw();
    }
}

/// The display that the log goes to.
std::atomic<display*> log_display{nullptr};

void log_to_display(const tandem::log_record& record) noexcept {
    try {
        if (display* shown = log_display) shown->message(tandem::to_text_line(record));
    } catch (...) { // a log that cannot be shown is not worth a run
    }
}

} // namespace

task<> show_while(display& shown, task<> work) {
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        group.spawn(draw_by_the_clock(shown), "display");
        co_await std::move(work);
        group.cancel();
    });
}

log_on_display::log_on_display(display& shown) {
    log_display = &shown;
    tandem::set_log_sink(log_to_display);
}

log_on_display::~log_on_display() {
    tandem::set_log_sink(nullptr);
    log_display = nullptr;
}
