#include "pool/stderr_tail.hpp"

#include <tandem/base/log.hpp>

namespace tandem::detail {

void stderr_tail::append(std::string_view text) {
    for (const char each : text) {
        if (each == '\n' || open_line_.size() == line_limit) end_line();
        if (each != '\n') open_line_ += each;
    }
}

void stderr_tail::end_line() {
    log(log_record(log_level::warning, open_line_).task({}).worker(pid_));
    lines_.push_back(std::move(open_line_));
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
