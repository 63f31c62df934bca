#include "observe/observer_client.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "observe/observer_socket.hpp"
#include "observe/observer_talk.hpp"

namespace tandem::detail {
namespace {

/// Longer than an observer takes to ask its loops.
constexpr int patience_s = 30;

uid_t owner_of(int pid, const std::string& name) {
    struct stat process {};
    if (pid <= 0 || ::stat(("/proc/" + std::to_string(pid)).c_str(), &process) != 0)
        throw std::runtime_error("there is no " + name);
    return process.st_uid;
}

/// Empty where nobody listens.
unique_fd connect_to(int pid, uid_t owner) {
    for (const std::string& folder : socket_folders_of(pid, owner)) {
        try {
            unique_fd connection = connect_in(folder, pid);
            // A socket of that name proves nothing, the kernel's word on who listens there does.
            const peer other = peer_of(connection);
            if (other.pid == pid && other.user == owner) return connection;
        } catch (const std::system_error&) {
            // Not there.
        }
    }
    return {};
}

} // namespace

std::string ask_process(int pid, std::string_view question) {
    const std::string name = "process " + std::to_string(pid);
    const uid_t owner = owner_of(pid, name);
    if (::geteuid() != 0 && ::geteuid() != owner)
        throw std::runtime_error(name + " belongs to user " + std::to_string(owner) +
                                 ": only that user and root can look into it");
    const unique_fd connection = connect_to(pid, owner);
    if (connection.get() < 0)
        throw std::runtime_error(name +
                                 " does not let itself be observed: it has to be a program of Tandem's "
                                 "that was started with TANDEM_OBSERVE=1 in its environment, or that "
                                 "asks for run_options().observable()");
    limit_waits(connection, patience_s);
    try {
        send_all(connection, std::string(question) + '\n');
        return receive_answer(connection);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(name + ": " + error.what());
    }
}

std::vector<int> observable_processes() {
    std::vector<int> all;
    for (const std::string& folder : socket_folders_of(::getpid(), ::geteuid())) {
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
            const auto pid = pid_of_socket(entry.path().filename().string());
            if (pid && ::kill(*pid, 0) == 0 && connect_to(*pid, ::geteuid()).get() >= 0) all.push_back(*pid);
        }
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

} // namespace tandem::detail
