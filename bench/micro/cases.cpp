#include "micro/cases.hpp"

#include <algorithm>
#include <stdexcept>

namespace bench {
namespace {

constexpr known_case core(std::string_view name, std::string_view what, std::optional<double> goal = {}) {
    return {name, part::core, quantity::processor_time, "ns", what, goal};
}

constexpr known_case core_memory(std::string_view name, std::string_view unit, std::string_view what,
                                 std::optional<double> goal = {}) {
    return {name, part::core, quantity::memory, unit, what, goal};
}

constexpr known_case io(std::string_view name, quantity measures, std::string_view what) {
    return {name, part::io, measures, "ns", what, {}, true};
}

constexpr known_case all[] = {
    core("switch", "one step of one of 1000 tasks that yield", 15),
    core("switch_1", "one step of a lone task that yields"),
    core("spawn_join", "start a task beside others, wait for its end", 80),
    core("nested_await", "await a coroutine that ends at once"),
    core("channel_hop", "a value from task to task, capacity 1", 50),
    core("channel_hop_0", "the same where sender and receiver meet", 50),
    core("channel_hop_128", "the same, capacity 128", 50),
    core("mutex", "lock and unlock what nobody else wants"),
    core("mutex_contended", "hand the lock to a task that waits, and one turn"),
    core("timeout_arm_cancel", "a time limit around a task that ends at once", 40),
    core("timeout_arm_cancel_10000", "the same while 10,000 timers run", 40),
    core("timeout_one_turn", "a time limit around a task that yields once"),
    core("timeout_one_turn_10000", "the same while 10,000 timers run"),
    core("race_ready", "race two tasks that end at once"),
    core_memory("task_bytes", "B", "heap for each of 100,000 sleeping tasks", 400),
    core_memory("sleeping_100000", "MiB", "resident memory of 100,000 sleeping tasks"),
    core("short_1000000", "one of a million tasks of one turn, 10,000 alive"),
    core_memory("short_1000000_peak", "MiB", "peak resident memory of those"),
    io("socketpair_byte", quantity::processor_time, "a byte there and back through local sockets"),
    io("tcp_byte", quantity::processor_time, "a byte there and back over loopback TCP"),
    io("stream_64KiB", quantity::processor_time, "64 KiB of a stream over loopback TCP"),
    io("accept_close", quantity::processor_time, "accept a TCP connection that waits, close it"),
    io("resolver_hit", quantity::wall_time, "the addresses of a name that was resolved before"),
    io("file_write_4KiB", quantity::wall_time, "4 KiB to a place in a file"),
    io("file_write_1MiB", quantity::wall_time, "1 MiB to a place in a file"),
    io("subprocess", quantity::wall_time, "/bin/true from its start to its end"),
    {"connections_10000", part::io, quantity::memory, "B",
     "resident memory for each of 10,000 open connections"},
};

/// What the case is held to beside `who`, whose figure is `value`.
std::optional<limit> goal_beside(const known_case& known, std::string_view who, double value) {
    if (known.rivals_awaitable && who == "awaitable") return limit{value * noise};
    return known.goal ? std::optional(limit{*known.goal}) : std::nullopt;
}

} // namespace

std::span<const known_case> known_cases() noexcept {
    return all;
}

const known_case& case_named(std::string_view name) {
    const auto* found = std::ranges::find(all, name, &known_case::name);
    if (found == std::end(all)) throw std::out_of_range("no such case: " + std::string(name));
    return *found;
}

std::vector<reported_case> reported_cases() {
    std::vector<reported_case> cases;
    for (const known_case& known : all) {
        std::string what(known.what);
        if (known.measures == quantity::wall_time) what += " (wall time)";
        cases.push_back(
            {std::string(known.name), std::string(known.unit), std::move(what),
             [&known](std::string_view who, double value) { return goal_beside(known, who, value); }});
    }
    return cases;
}

std::string timed_cases_of(std::span<const part> groups) {
    std::string names;
    for (const known_case& known : all) {
        if (std::ranges::find(groups, known.group) == groups.end()) continue;
        if (!names.empty()) names += '|';
        names += known.name;
    }
    return "^(" + names + ")/";
}

} // namespace bench
