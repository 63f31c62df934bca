// What is counted of jobs: of all those of a pool, and of those of one function.
#pragma once
#include <cstdint>

#include <tandem/base/clock.hpp>
#include <tandem/base/histogram.hpp>
#include <tandem/base/metrics.hpp>

namespace tandem::detail {

/// Written by the loop's thread and read by any.
struct job_figures {
    published<std::uint64_t> submitted;
    published<std::uint64_t> done;
    published<std::uint64_t> failed;
    published<std::uint64_t> crashed;
    published<std::uint64_t> cancelled;
    published<std::uint64_t> refused;
    /// Times that one was run again because it had killed its worker.
    published<std::uint64_t> retried;
    /// Arguments and results, with what goes before them on their way.
    published<std::uint64_t> bytes_sent;
    published<std::uint64_t> bytes_received;
    /// Nanoseconds from when a job was submitted until it was answered, less those for which it ran.
    histogram waited;
    /// Nanoseconds for which a job ran, by its worker's clock.
    histogram ran;

    void note_times(duration wait, duration run) noexcept {
        waited.record_alone(nanoseconds(wait));
        ran.record_alone(nanoseconds(run));
    }
    void note_bytes(std::uint64_t sent, std::uint64_t received) noexcept {
        bytes_sent += sent;
        bytes_received += received;
    }

  private:
    static std::uint64_t nanoseconds(duration time) noexcept {
        const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
        return count > 0 ? static_cast<std::uint64_t>(count) : 0;
    }
};

} // namespace tandem::detail
