// Child processes of a test: scripts to start, and what is left of them.
#pragma once
#include <cerrno>
#include <csignal>
#include <string>
#include <sys/wait.h>

#include <tandem/io/byte_stream.hpp>
#include <tandem/io/command.hpp>

namespace test {

/// A script, with "$1", … from `arguments`.
inline tandem::command shell(std::string script, std::vector<std::string> arguments = {}) {
    tandem::command made("/bin/sh", {"-c", std::move(script), "script"});
    made.arguments(std::move(arguments));
    return made;
}

/// True while this process has a child, running or not yet reaped.
inline bool has_children() {
    siginfo_t found{};
    return ::waitid(P_ALL, 0, &found, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/// True while a process with that number exists.
inline bool exists(int pid) {
    return ::kill(pid, 0) == 0;
}

/// Reads until `text` has come.
inline tandem::task<std::string> read_until(tandem::byte_stream& from, std::string text) {
    std::string all;
    char room[4096];
    while (all.find(text) == std::string::npos) {
        const std::size_t count = co_await from.read_some(room);
        if (count == 0) throw std::runtime_error("'" + text + "' never came, but: " + all);
        all.append(room, count);
    }
    co_return all;
}

inline tandem::task<std::string> read_all(tandem::byte_stream& from) {
    std::string all;
    char room[65536];
    while (const std::size_t count = co_await from.read_some(room))
        all.append(room, count);
    co_return all;
}

} // namespace test
