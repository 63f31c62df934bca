#include "pool/output_lines.hpp"

#include <algorithm>
#include <utility>

#include "pool/output_marks.hpp"
#include "pool/worker_log.hpp"

namespace tandem::detail {

void output_lines::append(std::string_view text, std::uint64_t job, std::uint32_t written) {
    undecided_ += text;
    std::size_t taken = take_marked(undecided_);
    const bool more_to_come = static_cast<std::int32_t>(written - marks_) > 0;
    if (!more_to_come || undecided_.size() - taken > kept_limit) {
        std::string_view rest = std::string_view(undecided_).substr(taken);
        // A mark may have been cut in two.
        const std::size_t last = rest.rfind(worker_record_mark);
        if (last != std::string_view::npos && may_become_output_mark(rest.substr(last)))
            rest = rest.substr(0, last);
        cut(rest, job);
        taken += rest.size();
    }
    undecided_.erase(0, taken);
    undecided_job_ = job;
}

/// Takes everything up to the last mark; returns how much that is.
std::size_t output_lines::take_marked(std::string_view text) {
    std::size_t taken = 0;
    for (std::size_t at = text.find(worker_record_mark); at != std::string_view::npos;
         at = text.find(worker_record_mark, at + 1)) {
        const auto mark = find_output_mark(text.substr(at));
        // One with another number is something that a job has printed.
        if (!mark || mark->number != marks_ + 1) continue;
        cut(text.substr(taken, at - taken), mark->job);
        end_line_of(mark->job);
        ++marks_;
        taken = at + mark->size;
        at = taken - 1;
    }
    return taken;
}

void output_lines::job_ended(std::uint64_t job) {
    // Its own mark has been found by now, if there was one.
    if (undecided_job_ == job && !undecided_.empty()) {
        cut(undecided_, job);
        undecided_.clear();
    }
    end_line_of(job);
}

void output_lines::end_line_of(std::uint64_t job) {
    if (!open_line_.empty() && open_job_ == job) end_line();
}

void output_lines::finish(std::uint64_t job) {
    cut(undecided_, job);
    undecided_.clear();
    if (!open_line_.empty()) end_line();
}

void output_lines::cut(std::string_view text, std::uint64_t job) {
    if (text.empty()) return;
    if (open_job_ != job && !open_line_.empty()) end_line();
    open_job_ = job;
    while (!text.empty()) {
        const char first = text[0];
        if (first == '\n') {
            end_line();
            text.remove_prefix(1);
            continue;
        }
        // A record begins a line, whatever a job has printed without ending it.
        if (has_records_ && first == worker_record_mark && !open_line_.empty()) end_line();
        const bool is_record =
            has_records_ && (open_line_.empty() ? first : open_line_[0]) == worker_record_mark;
        const std::size_t limit = is_record ? record_limit : line_limit;
        if (open_line_.size() == limit) end_line();
        const std::size_t end =
            std::min(has_records_ ? text.find_first_of("\n\x1e", 1) : text.find('\n'), text.size());
        const std::size_t count = std::min(end, limit - open_line_.size());
        open_line_ += text.substr(0, count);
        text.remove_prefix(count);
    }
}

void output_lines::end_line() {
    const std::string tag = open_job_ ? std::to_string(open_job_) : std::string();
    auto record = has_records_ ? from_worker_line(open_line_) : std::nullopt;
    if (record) {
        log(log_record(record->level, record->text).task(record->task).job(record->job).worker(pid_));
        open_line_ = std::move(record->text);
    } else {
        log(log_record(level_, open_line_).task({}).job(tag).worker(pid_));
    }
    if (has_records_) {
        lines_.push_back(std::move(open_line_));
        if (lines_.size() > lines_kept) lines_.pop_front();
    }
    open_line_.clear();
}

std::string output_lines::last_words() const {
    std::string text;
    for (const std::string& line : lines_)
        text += line + '\n';
    text += open_line_;
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

} // namespace tandem::detail
