// What every task is doing: where it stands, and for how long.
#pragma once
#include <string>

#include <tandem/base/config.hpp>

namespace tandem {

/// The tasks of this thread's loop as a tree: each with its name, whether it runs, is ready or waits, for how
/// long it has waited (to a millisecond or so), and file:line and function of each await from the outermost
/// to the one it stands at, with the deadlines and cancellations in force there. Ends with a newline. Throws
/// usage_error outside of a loop.
TANDEM_API std::string dump_tasks();

/// The same for every loop of the process, callable from any thread, also while a loop is stuck in a step. A
/// loop that goes on meanwhile is asked for its own account; one that does not answer within 250 ms but takes
/// steps all the same is described as far as it could be read, and the text says so.
TANDEM_API std::string dump_all_tasks();

} // namespace tandem
