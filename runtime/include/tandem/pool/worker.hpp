// The way into a worker process for programs with a main of their own.
#pragma once
#include <tandem/base/config.hpp>

namespace tandem {

/// Turns the process into a worker if a process_pool started it as one, and then never returns: it runs jobs
/// until its pool ends, and exits. Returns at once in every other process. To be called first in main;
/// tandem::run does.
///
///     int main(int argc, char** argv) {
///         tandem::worker_entry(argc, argv);
///         …
///     }
///
/// A worker is the same program started once more, so what static initialisers do happens in it too.
TANDEM_API void worker_entry(int argc, char** argv);

} // namespace tandem
