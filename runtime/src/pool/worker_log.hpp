// How the log of a worker becomes the log of its pool's process: over the worker's stderr, in lines that can
// be told from what the job itself writes there.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tandem/base/log.hpp>

namespace tandem::detail {

/// Begins a line that is a record, and stands nowhere else in it.
constexpr char worker_record_mark = '\x1e'; // RS

/// In the worker: from here on records go to the pool, with the job that runs on the thread that logs.
void send_log_to_pool() noexcept;
/// The job that this thread runs from here on; 0 for none.
void set_logged_job(std::uint64_t id) noexcept;

struct worker_record {
    log_level level;
    std::string task;
    std::string job;
    std::string text;
};

/// A record as a line, its end included, and back; empty for a line that is none.
std::string to_worker_line(const log_record& record);
std::optional<worker_record> from_worker_line(std::string_view line);

} // namespace tandem::detail
