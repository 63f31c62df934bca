#include <tandem/base/log.hpp>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <optional>
#include <poll.h>
#include <unistd.h>

namespace tandem {
namespace {

std::optional<log_level> level_called(std::string_view name) noexcept {
    for (const auto level :
         {log_level::debug, log_level::info, log_level::warning, log_level::error, log_level::off})
        if (name == name_of(level)) return level;
    return std::nullopt;
}

/// What a program starts with. Text that means nothing is no reason to stop, but to say so.
log_sink standard_sink() noexcept {
    const char* const format = std::getenv("TANDEM_LOG_FORMAT");
    return format && format == std::string_view("json") ? &json_log_sink : &text_log_sink;
}

std::atomic<log_sink> current_sink = nullptr;
std::atomic<detail::log_task_hook> task_hook = nullptr;
std::atomic<detail::log_job_hook> job_hook = nullptr;

/// Reads the environment before main. What logs even earlier meets the threshold `warning`.
[[maybe_unused]] const bool environment_is_read = [] {
    if (const char* const name = std::getenv("TANDEM_LOG")) {
        if (const auto level = level_called(name))
            detail::log_threshold = *level;
        else
            log(log_level::warning, "TANDEM_LOG is none of debug, info, warning, error, off");
    }
    const char* const format = std::getenv("TANDEM_LOG_FORMAT");
    if (format && format != std::string_view("json") && format != std::string_view("text"))
        log(log_level::warning, "TANDEM_LOG_FORMAT is neither text nor json");
    return true;
}();

/// Writes all of a line at once, so that lines of several threads and processes do not mix. Whoever cannot
/// take it does not stop the program.
void write_line(std::string_view line) noexcept {
    const int saved = errno;
    while (!line.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
        if (n > 0) {
            line.remove_prefix(static_cast<std::size_t>(n));
        } else if (n < 0 && errno == EAGAIN) {
            pollfd writable{STDERR_FILENO, POLLOUT, 0};
            if (::poll(&writable, 1, 100) <= 0) break;
        } else if (n == 0 || errno != EINTR) {
            break;
        }
    }
    errno = saved;
}

template <class Format> void write_record(const log_record& record, Format format) noexcept {
    try {
        write_line(format(record));
    } catch (...) { // out of memory: better bare than not at all
        write_line(record.text());
        write_line("\n");
    }
}

} // namespace

namespace detail {

constinit std::atomic<log_level> log_threshold = log_level::info;

void set_log_task_hook(log_task_hook hook) noexcept {
    task_hook = hook;
}

void set_log_job_hook(log_job_hook hook) noexcept {
    job_hook = hook;
}

void log_unbuilt(log_level level) noexcept {
    try {
        throw;
    } catch (const std::exception& error) {
        log(level, error.what());
    } catch (...) {
        log(level, "a text for the log could not be built");
    }
}

} // namespace detail

std::string_view name_of(log_level level) noexcept {
    switch (level) {
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warning:
        return "warning";
    case log_level::error:
        return "error";
    case log_level::off:
        break;
    }
    return "off";
}

log_record::log_record(log_level level, std::string_view text) noexcept
    : time_(std::chrono::system_clock::now())
    , text_(text)
    , level_(level) {
    if (const auto hook = task_hook.load(std::memory_order_relaxed)) task_ = hook();
    if (const auto hook = job_hook.load(std::memory_order_relaxed)) job_ = hook();
}

log_level set_log_level(log_level level) noexcept {
    return detail::log_threshold.exchange(level);
}

void log(const log_record& record) noexcept {
    if (!log_enabled(record.level())) return;
    const log_sink sink = current_sink.load();
    (sink ? sink : standard_sink())(record);
}

void log(log_level level, std::string_view text) noexcept {
    if (log_enabled(level)) log(log_record(level, text));
}

log_sink set_log_sink(log_sink sink) noexcept {
    const log_sink before = current_sink.exchange(sink ? sink : standard_sink());
    return before ? before : standard_sink();
}

void text_log_sink(const log_record& record) noexcept {
    write_record(record, &to_text_line);
}

void json_log_sink(const log_record& record) noexcept {
    write_record(record, &to_json_line);
}

} // namespace tandem
