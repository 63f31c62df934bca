#include "download/modes/run_mode.hpp"

#include <stdexcept>
#include <string>
#include <utility>

run_mode mode_from(std::string_view name) {
    for (auto [known, mode] : {std::pair<std::string_view, run_mode>("sequential", run_mode::sequential),
                               {"threads", run_mode::threads},
                               {"processes", run_mode::processes},
                               {"coroutines", run_mode::coroutines},
                               {"hybrid", run_mode::hybrid}})
        if (name == known) return mode;
    throw std::invalid_argument("'" + std::string(name) +
                                "' is none of sequential, threads, processes, coroutines and hybrid");
}
