// The steps themselves.
#pragma once
#include <stop_token>
#include <string>

#include "download/steps/step.hpp"
#include <tandem/coro/task.hpp>
#include <tandem/pool/process_pool.hpp>

/// What has come of a step that went well.
struct step_outcome {
    /// For standard output; empty for nothing.
    std::string result;
    /// What a command has said on standard error.
    std::string notes;
};

/// Does what burns processor time (all steps but exec), in this thread or process, and blocks it for that
/// long. Throws std::exception, whose what() names the file and the cause.
step_outcome do_step(step what, std::string path, std::stop_token stop);

/// Does any step: where there is a pool in one of its workers, else here. `exec` starts a child process in
/// either case, and throws where that does not end with 0. Cancellation ends job or child.
tandem::task<step_outcome> run_step(step what, std::string path, tandem::process_pool* cpu);
