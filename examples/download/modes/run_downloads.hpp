// A run, in the mode that was chosen.
#pragma once
#include "download/item_source.hpp"
#include "download/options.hpp"
#include "download/progress/display.hpp"
#include <tandem/coro/task.hpp>

/// Downloads every item as the options say, and does the steps; what fails is told to the display. Unless
/// told, the mode is hybrid where there are steps, else coroutines.
tandem::task<> run_downloads(const get_options& chosen, item_source& items, display& shown);
