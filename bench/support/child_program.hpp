// Other programs: run to their end and measured, or started and stopped.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// What a program needed from its start to its end.
struct usage {
    double seconds = 0;     ///< on the wall
    double cpu_seconds = 0; ///< of the processor, the kernel's part included
    double peak_bytes = 0;  ///< of resident memory
};

/// Runs the program `words[0]`, a path, to its end; what it prints goes to the file `log`. Throws
/// std::runtime_error, with the end of what it printed, where it cannot start or fails.
usage run_measured(const std::vector<std::string>& words, const std::filesystem::path& log);

/// Where a program is: in a folder of PATH, or in one for the system's own (/usr/sbin). Empty where it is
/// not.
std::optional<std::string> find_program(const std::string& name);

/// A program that runs until this is destroyed: then it is killed.
class background_program {
  public:
    /// What it prints, both ways, goes to the file `log`, its standard output to a pipe where `with_output`.
    /// Throws std::system_error where it cannot start.
    background_program(const std::vector<std::string>& words, const std::filesystem::path& log,
                       bool with_output = false);
    background_program(const background_program&) = delete;
    background_program& operator=(const background_program&) = delete;
    ~background_program();

    /// The next line of its output. Throws std::runtime_error where it ends before that.
    std::string read_line();
    bool is_running();

  private:
    std::string name_;
    int process_ = -1;
    int output_ = -1;
};

} // namespace bench
