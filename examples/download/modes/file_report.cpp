#include "download/modes/file_report.hpp"

using tandem::http::download_progress;

void report_display::show_retry(const run_state::file& which) {
    report_.retries.push_back(which.what);
}

void report_display::show_done(const run_state::file&, const tandem::http::downloaded& what) {
    report_.source = what.source.to_string();
    report_.path = what.path.string();
    report_.bytes = what.bytes;
    report_.received = what.received;
    report_.resumed = what.resumed;
    report_.attempts = what.attempts;
    report_.status = what.status;
    report_.was_kept = what.was_kept;
    report_.took = what.took;
}

void report_display::show_failed(const run_state::file*, std::string_view why, int exit_code) {
    report_.failure = why;
    report_.exit_code = exit_code;
}

void report_display::show_message(std::string_view text) {
    report_.messages.emplace_back(text);
}

void report_display::show_result(std::string_view text) {
    report_.results.emplace_back(text);
}

void tell(display& shown, file_id file, const file_report& report) {
    int attempts = 0;
    for (const auto& cause : report.retries) {
        shown.progress(file, {download_progress::state::waiting, {}, {}, 0, {}, ++attempts, cause});
        shown.progress(file, {download_progress::state::asking, {}, {}, 0, {}, attempts + 1, {}});
    }
    for (const auto& text : report.messages)
        shown.message(text);
    for (const auto& text : report.results)
        shown.result(text);
    if (!report.failure.empty()) {
        shown.failed(file, report.failure, report.exit_code);
        return;
    }
    tandem::http::downloaded what(tandem::http::url(report.source), tandem::http::file_path(report.path));
    what.bytes = report.bytes;
    what.received = report.received;
    what.resumed = report.resumed;
    what.attempts = report.attempts;
    what.status = report.status;
    what.was_kept = report.was_kept;
    what.took = std::chrono::duration_cast<tandem::duration>(report.took);
    shown.done(file, what);
}
