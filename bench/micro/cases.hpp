// What bench-runtime measures: the names that its rows carry, and the goals.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/report.hpp"

namespace bench {

/// What `--part` chooses.
enum class part { core, io };

enum class quantity {
    processor_time, ///< of the thread: what other programs do disturbs it less
    wall_time,      ///< where other threads or processes do a part of the work, which has to count
    memory,
};

struct known_case {
    std::string_view name; ///< stable: reports and tests look for it
    part group;
    quantity measures;
    std::string_view unit;
    std::string_view what;
    std::optional<double> goal = {}; ///< at most this; none where the design sets none
    bool rivals_awaitable = false;   ///< the goal is to need no more than awaitable does in the same run
};

/// How far above awaitable's figure one still counts as equal: what two runs of the same code differ by.
inline constexpr double noise = 1.05;

/// All of them, in the order in which they are reported.
std::span<const known_case> known_cases() noexcept;

/// The case of that name. Throws std::out_of_range if there is none.
const known_case& case_named(std::string_view name);

/// The same for a report.
std::vector<reported_case> reported_cases();

/// A regular expression for the timed benchmarks "case/who" of those parts.
std::string timed_cases_of(std::span<const part> groups);

} // namespace bench
