#include "pool/stderr_tail.hpp"

#include "pool/worker_log.hpp"

namespace tandem::detail {

void stderr_tail::append(std::string_view text) {
    for (const char each : text) {
        const bool is_record = !open_line_.empty() && open_line_[0] == worker_record_mark;
        if (each == '\n' || open_line_.size() == (is_record ? record_limit : line_limit) ||
            (each == worker_record_mark && !open_line_.empty()))
            end_line();
        if (each != '\n') open_line_ += each;
    }
}

void stderr_tail::end_line() {
    if (auto record = from_worker_line(open_line_)) {
        log(log_record(record->level, record->text).task(record->task).job(record->job).worker(pid_));
        lines_.push_back(std::move(record->text));
    } else {
        log(log_record(log_level::warning, open_line_).task({}).worker(pid_));
        lines_.push_back(std::move(open_line_));
    }
    open_line_.clear();
    if (lines_.size() > lines_kept) lines_.pop_front();
}

std::string stderr_tail::last_words() const {
    std::string text;
    for (const std::string& line : lines_)
        text += line + '\n';
    text += open_line_;
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

} // namespace tandem::detail
