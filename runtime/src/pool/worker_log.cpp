#include "pool/worker_log.hpp"

#include <cerrno>
#include <unistd.h>

namespace tandem::detail {
namespace {

constexpr char between = '\x1f'; // US

thread_local std::string logged_job;

/// A backslash and a letter for what has a meaning in a line.
void append_escaped(std::string& line, std::string_view text) {
    for (const char each : text) {
        if (each == '\\')
            line += "\\\\";
        else if (each == '\n')
            line += "\\n";
        else if (each == between)
            line += "\\u";
        else if (each == worker_record_mark)
            line += "\\r";
        else
            line += each;
    }
}

std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        const char letter = text[++i];
        plain += letter == 'n' ? '\n' : letter == 'u' ? between : letter == 'r' ? worker_record_mark : letter;
    }
    return plain;
}

void write_to_pool(const log_record& record) noexcept {
    try {
        const std::string line = to_worker_line(record);
        for (std::size_t written = 0; written < line.size();) {
            const ssize_t n = ::write(STDERR_FILENO, line.data() + written, line.size() - written);
            if (n > 0)
                written += static_cast<std::size_t>(n);
            else if (n == 0 || errno != EINTR)
                return;
        }
    } catch (...) { // out of memory: the text at least
        text_log_sink(record);
    }
}

} // namespace

void send_log_to_pool() noexcept {
    set_log_job_hook([]() noexcept { return std::string_view(logged_job); });
    set_log_sink(&write_to_pool);
}

void set_logged_job(std::uint64_t id) noexcept {
    if (id)
        logged_job = std::to_string(id); // short enough to need no memory
    else
        logged_job.clear();
}

std::string to_worker_line(const log_record& record) {
    std::string line(1, worker_record_mark);
    line += static_cast<char>('0' + static_cast<int>(record.level()));
    for (const std::string_view each : {record.task(), record.job(), record.text()}) {
        line += between;
        append_escaped(line, each);
    }
    line += '\n';
    return line;
}

std::optional<worker_record> from_worker_line(std::string_view line) {
    if (line.size() < 3 || line[0] != worker_record_mark || line[1] < '0' ||
        line[1] > '0' + static_cast<int>(log_level::error) || line[2] != between)
        return std::nullopt;
    worker_record read;
    read.level = static_cast<log_level>(line[1] - '0');
    line.remove_prefix(3);
    if (line.ends_with('\n')) line.remove_suffix(1);
    for (std::string* each : {&read.task, &read.job}) {
        const std::size_t end = line.find(between);
        if (end == std::string_view::npos) return std::nullopt;
        *each = unescaped(line.substr(0, end));
        line.remove_prefix(end + 1);
    }
    read.text = unescaped(line);
    return read;
}

} // namespace tandem::detail
