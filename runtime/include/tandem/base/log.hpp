// Where the library and its applications say what nobody asked for but somebody may need: one record, one
// line.
#pragma once
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <tandem/base/config.hpp>

namespace tandem {

enum class log_level : std::uint8_t {
    debug,
    info,
    warning,
    error,
    off, ///< as a threshold only: nothing passes
};

/// "debug", "info", "warning", "error", "off".
TANDEM_API std::string_view name_of(log_level level) noexcept;

/// What is said, when, and by whom. The texts are views: a sink that keeps a record has to copy them.
class TANDEM_API log_record {
  public:
    /// Said now, by the task and the job that run on this thread.
    log_record(log_level level, std::string_view text) noexcept;

    /// Says who speaks, where that is not the one who logs: the pool for a worker, for example.
    log_record& task(std::string_view name) noexcept {
        task_ = name;
        return *this;
    }
    log_record& job(std::string_view name) noexcept {
        job_ = name;
        return *this;
    }
    log_record& worker(int pid) noexcept {
        worker_ = pid;
        return *this;
    }

    log_level level() const noexcept { return level_; }
    std::chrono::system_clock::time_point time() const noexcept { return time_; }
    /// The name of the running task, or of the nearest one around it that has a name; empty outside of tasks
    /// and where none has.
    std::string_view task() const noexcept { return task_; }
    /// The job of an executor that it is about or comes from; empty for none.
    std::string_view job() const noexcept { return job_; }
    /// The process id of the worker that it is about or comes from; 0 for none.
    int worker() const noexcept { return worker_; }
    /// Without a line end at its end; may have several lines.
    std::string_view text() const noexcept { return text_; }

  private:
    std::chrono::system_clock::time_point time_;
    std::string_view text_;
    std::string_view task_;
    std::string_view job_;
    int worker_ = 0;
    log_level level_;
};

/// Receives each record that passes the threshold. Called on the thread that logs, possibly by several at
/// once; must not throw.
using log_sink = void (*)(const log_record& record) noexcept;

namespace detail {
TANDEM_API extern std::atomic<log_level> log_threshold;

/// Who runs on this thread, for records: asked by each. One for the process; coro installs it.
using log_task_hook = std::string_view (*)() noexcept;
TANDEM_API void set_log_task_hook(log_task_hook hook) noexcept;
/// The same for the job that a worker runs.
using log_job_hook = std::string_view (*)() noexcept;
TANDEM_API void set_log_job_hook(log_job_hook hook) noexcept;

TANDEM_API void log_unbuilt(log_level level) noexcept;
} // namespace detail

/// True where a record of this level goes to the sink. Thread safe; a load and a comparison.
inline bool log_enabled(log_level level) noexcept {
    return level >= detail::log_threshold.load(std::memory_order_relaxed);
}

/// Lets `level` and what is more severe pass, from now on. The environment sets the threshold a program
/// starts with, TANDEM_LOG=debug|info|warning|error|off; without that it is `info`. Returns the one
/// before. Thread safe.
TANDEM_API log_level set_log_level(log_level level) noexcept;

/// Sends a record to the sink, if it passes the threshold. Thread safe; never throws.
TANDEM_API void log(const log_record& record) noexcept;
TANDEM_API void log(log_level level, std::string_view text) noexcept;

/// The same for a text that costs something to build: `build()` is called only if the level passes. What it
/// throws is logged in its place.
template <class Build>
    requires std::is_invocable_v<Build&> &&
        std::convertible_to<std::invoke_result_t<Build&>, std::string_view>
void log(log_level level, Build&& build) noexcept {
    if (!log_enabled(level)) return;
    try {
        const auto text = build();
        log(level, std::string_view(text));
    } catch (...) {
        detail::log_unbuilt(level);
    }
}

/// Replaces the sink; null restores the one that a program starts with: text_log_sink, or json_log_sink where
/// the environment has TANDEM_LOG_FORMAT=json. Returns the sink before. Thread safe.
TANDEM_API log_sink set_log_sink(log_sink sink) noexcept;

/// Writes a record to stderr, in one write, as people read it, in local time:
///
///     2026-11-24 17:03:55.123 warning [task example.org] a loser of a race failed: refused
///
/// Control characters come as \xNN and further lines are indented: what is logged cannot pass for a record.
TANDEM_API void text_log_sink(const log_record& record) noexcept;

/// Writes a record to stderr, in one write, as an object of JSON (RFC 8259) on a line of its own: "time"
/// (RFC 3339, UTC), "level", "text", "pid" of this process, and "task", "job" and "worker" where there is
/// one. What is not UTF-8 in them becomes U+FFFD.
TANDEM_API void json_log_sink(const log_record& record) noexcept;

/// What those two write, the line end included. Throws std::bad_alloc.
TANDEM_API std::string to_text_line(const log_record& record);
TANDEM_API std::string to_json_line(const log_record& record);

} // namespace tandem
