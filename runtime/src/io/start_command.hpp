// From a command to a running process.
#pragma once
#include <tandem/io/command.hpp>

#include "io/spawn_parts.hpp"

namespace tandem::detail {

struct started_command {
    spawned_process process;
    /// Our ends of the pipes it was given; empty elsewhere.
    unique_fd input;
    unique_fd output;
    unique_fd error_output;
};

/// Throws std::system_error that names the program and the cause; usage_error for what no command can mean.
started_command start_command(const command& what);

} // namespace tandem::detail
