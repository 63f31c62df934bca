// A program to look into, in a world of its own.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace test {

/// The program `observed`, with its sockets in a folder of the test's.
class observed_process {
  public:
    explicit observed_process(const std::string& mode, std::vector<std::string> environment = {}) {
        child_options options;
        options.input = true;
        options.environment = std::move(environment);
        // Of two entries of one name the first counts: that of the caller.
        options.environment.push_back("XDG_RUNTIME_DIR=" + runtime_folder());
        program_.emplace(std::vector<std::string>{test::program("observed"), mode}, options);
    }

    child_process& program() { return *program_; }
    int pid() const { return program_->pid(); }
    std::string runtime_folder() const { return folder_.path().string(); }
    std::string socket_folder() const { return runtime_folder() + "/tandem"; }
    std::string socket() const { return socket_folder() + '/' + std::to_string(pid()) + ".sock"; }

    /// "observed.cpp:LINE in ", as a dump writes it, of the place that the program calls `name`.
    std::string at(const std::string& name) const {
        const std::string& said = program_->output();
        const std::size_t begin = ("\n" + said).find("\n" + name + ' ');
        if (begin == std::string::npos) throw std::runtime_error("no place called " + name + " in " + said);
        const std::size_t number = begin + name.size() + 1;
        return "observed.cpp:" + said.substr(number, said.find('\n', number) - number) + " in ";
    }

    /// Ends its input, and with that the program. Its exit status.
    int end() {
        program_->close_input();
        return program_->wait();
    }

  private:
    temp_folder folder_;
    std::optional<child_process> program_;
};

/// Runs tandem-ps as the same user with the same folder for sockets.
inline outcome look_into(const observed_process& which, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), test::program("tandem-ps"));
    child_options options;
    options.environment = {"XDG_RUNTIME_DIR=" + which.runtime_folder()};
    return run(std::move(arguments), options);
}

} // namespace test
