#include "support/python_peer.hpp"

#include <boost/json.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

extern char** environ;

namespace bench {
namespace {

std::string read_all(int from) {
    std::string text;
    char part[4096];
    for (ssize_t count; (count = ::read(from, part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(count));
    return text;
}

/// What the program prints. Throws std::runtime_error if it cannot start or fails.
std::string output_of(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);

    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addclose(&actions, ends[0]);
    ::posix_spawn_file_actions_addclose(&actions, ends[1]);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string text = error ? std::string() : read_all(ends[0]);
    ::close(ends[0]);
    if (error) throw std::runtime_error(words[0] + ": " + std::strerror(error));
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error(words[0] + " " + words[2] + " failed");
    return text;
}

} // namespace

std::string default_python() {
    return ::access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3";
}

void run_python_peer(report& into, const std::string& python, const python_script& script,
                     const std::vector<std::string>& options) {
    // Without byte code, which Python would write beside the source.
    std::vector<std::string> words = {python, "-B", TANDEM_BENCH_PEERS "/" + script.file};
    words.insert(words.end(), options.begin(), options.end());
    std::string output;
    try {
        output = output_of(std::move(words));
    } catch (const std::runtime_error& error) {
        std::cerr << into.program() << ": no rows for " << script.peers << ": " << error.what() << '\n';
        return;
    }
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        const boost::json::value measured = boost::json::parse(line);
        into.add(boost::json::value_to<std::string>(measured.at("case")),
                 boost::json::value_to<std::string>(measured.at("reference")),
                 measured.at("value").to_number<double>());
    }
}

} // namespace bench
