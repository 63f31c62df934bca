// The same work in Python.
#pragma once
#include <string>
#include <vector>

#include "support/report.hpp"

namespace bench {

/// A script in peers/, and who is measured in it.
struct python_script {
    std::string file;
    std::string peers; ///< as a message names them
};

/// The Python to use unless another is asked for. The system's own comes first: the peers' packages are
/// installed for that one.
std::string default_python();

/// Runs the script under `python`, with `options`, and notes what it measured: a JSON object a line,
/// {"case", "reference", "value"}. Says on stderr what is missing where there is no such Python, or it is too
/// old.
void run_python_peer(report& into, const std::string& python, const python_script& script,
                     const std::vector<std::string>& options);

} // namespace bench
