// Downloads in worker processes.
#pragma once
#include "download/modes/item_queue.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"
#include <tandem/coro/task.hpp>

/// A process pool's map over the items: `--mode processes`. The workers read the command line again, which is
/// all that they need to know.
tandem::task<> run_processes(const get_options& chosen, item_queue& items, display& shown);
