// How to go on with a run that was interrupted.
#pragma once
#include <string>
#include <vector>

#include "download/options.hpp"

/// The command for a shell that goes on where this run has stopped: its own, and with --skip-existing where
/// the files that are complete would be in the way. Passwords, tokens and cookies stand as `***` in it.
std::string command_to_continue(const get_options& chosen);
