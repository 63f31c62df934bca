// The same work in Python: asyncio, and asyncio on uvloop.
#pragma once
#include <string>

#include "micro/cases.hpp"
#include "micro/report.hpp"

namespace bench {

/// Runs that part's script in peers/ under `python` and notes what it measured. Says on stderr what is
/// missing where there is no Python, or it is too old.
void run_python_peer(report& into, const std::string& python, part group, bool quick);

} // namespace bench
