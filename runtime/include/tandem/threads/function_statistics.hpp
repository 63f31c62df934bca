// What an executor has done for one function.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <tandem/threads/time_percentiles.hpp>

namespace tandem {

/// A snapshot. Calls that wait or run are in `submitted` and in none of the five that follow it.
struct function_statistics {
    /// The function's name, or its module and place there if it has been stripped of names; that of a lambda
    /// is its type's. Chunks of `map` have an entry of their own: "name, in chunks". Where two functions
    /// share a name, the second is "name #2".
    std::string name;
    std::uint64_t submitted = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t crashed = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t refused = 0;
    /// Times that a call was run again because it had killed its worker.
    std::uint64_t retried = 0;
    /// From when a call was submitted until it was answered, less the time for which it ran.
    time_percentiles wait;
    time_percentiles run;
    /// How long the next call is expected to take (in chunks: its part for each item): a mean in which recent
    /// calls weigh more. Empty where none has ended.
    std::optional<duration> expected;
    /// Bytes of arguments and of results.
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
};

} // namespace tandem
