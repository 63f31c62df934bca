#include "micro/cases.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

constexpr known_case all[] = {
    {"switch", "ns", 15, "one step of one of 1000 tasks that yield"},
    {"switch_1", "ns", {}, "one step of a lone task that yields"},
    {"spawn_join", "ns", 80, "start a task beside others, wait for its end"},
    {"nested_await", "ns", {}, "await a coroutine that ends at once"},
    {"channel_hop", "ns", 50, "a value from task to task, capacity 1"},
    {"channel_hop_0", "ns", 50, "the same where sender and receiver meet"},
    {"channel_hop_128", "ns", 50, "the same, capacity 128"},
    {"mutex", "ns", {}, "lock and unlock what nobody else wants"},
    {"mutex_contended", "ns", {}, "hand the lock to a task that waits, and one turn"},
    {"timeout_arm_cancel", "ns", 40, "a time limit around a task that ends at once"},
    {"timeout_arm_cancel_10000", "ns", 40, "the same while 10,000 timers run"},
    {"timeout_one_turn", "ns", {}, "a time limit around a task that yields once"},
    {"timeout_one_turn_10000", "ns", {}, "the same while 10,000 timers run"},
    {"race_ready", "ns", {}, "race two tasks that end at once"},
    {"socketpair_byte", "ns", {}, "a byte there and back through local sockets"},
    {"task_bytes", "B", 400, "heap for each of 100,000 sleeping tasks"},
    {"sleeping_100000", "MiB", {}, "resident memory of 100,000 sleeping tasks"},
    {"short_1000000", "ns", {}, "one of a million tasks of one turn, 10,000 alive"},
    {"short_1000000_peak", "MiB", {}, "peak resident memory of those"},
};

} // namespace

std::span<const known_case> known_cases() noexcept {
    return all;
}

const known_case& case_named(std::string_view name) {
    const auto* found = std::ranges::find(all, name, &known_case::name);
    if (found == std::end(all)) throw std::out_of_range("no such case: " + std::string(name));
    return *found;
}

} // namespace bench
