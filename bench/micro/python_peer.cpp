#include "micro/python_peer.hpp"

#include <boost/json.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

extern char** environ;

namespace bench {
namespace {

void skip(const std::string& why) {
    std::cerr << "bench-runtime: no rows for asyncio and uvloop: " << why << '\n';
}

std::string read_all(int from) {
    std::string text;
    char part[4096];
    for (ssize_t count; (count = ::read(from, part, sizeof part)) > 0;)
        text.append(part, static_cast<std::size_t>(count));
    return text;
}

/// What the program prints; empty, with a reason on stderr, if it cannot start or fails.
std::optional<std::string> output_of(std::vector<std::string> words) {
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
    if (error) {
        skip(words[0] + ": " + std::strerror(error));
        return std::nullopt;
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) {
        skip(words[0] + " " + words[2] + " failed");
        return std::nullopt;
    }
    return text;
}

} // namespace

void run_python_peer(report& into, const std::string& python, part group, bool quick) {
    const std::string script = group == part::core ? "/asyncio_runtime.py" : "/asyncio_io.py";
    // Without byte code, which Python would write beside the source.
    std::vector<std::string> words = {python, "-B", TANDEM_BENCH_PEERS + script};
    if (quick) words.push_back("--quick");
    const auto output = output_of(std::move(words));
    if (!output) return;
    std::istringstream lines(*output);
    for (std::string line; std::getline(lines, line);) {
        const boost::json::value measured = boost::json::parse(line);
        into.add(boost::json::value_to<std::string>(measured.at("case")),
                 boost::json::value_to<std::string>(measured.at("reference")),
                 measured.at("value").to_number<double>());
    }
}

} // namespace bench
