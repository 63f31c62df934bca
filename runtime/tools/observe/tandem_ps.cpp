// tandem-ps: what the tasks of another process are doing.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "observe/observer_client.hpp"

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

constexpr const char* help =
    "Usage: tandem-ps [--metrics] PID\n"
    "       tandem-ps\n"
    "\n"
    "Prints the tree of tasks of a process: their names and states, how long each has waited, and the file "
    "and\n"
    "line of the await it stands at. Without PID, lists the processes that let themselves be observed: "
    "programs\n"
    "of Tandem's with TANDEM_OBSERVE=1 in their environment, or with run_options().observable().\n"
    "\n"
    "  --metrics   print its metrics instead, as text for Prometheus\n"
    "  --help      print this\n";

std::optional<int> to_pid(std::string_view text) {
    int pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
    return pid;
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "tandem-ps: %s\n%s", why.c_str(), help);
    return wrong_usage;
}

int list() {
    for (const int pid : tandem::detail::observable_processes()) {
        std::ifstream in("/proc/" + std::to_string(pid) + "/comm");
        std::string name;
        std::getline(in, name);
        std::printf("%d %s\n", pid, name.c_str());
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    bool wants_metrics = false;
    std::optional<int> pid;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--help" || word == "-h") {
            std::fputs(help, stdout);
            return 0;
        }
        if (word == "--metrics") {
            wants_metrics = true;
        } else if (word.starts_with('-')) {
            return refuse("there is no option " + std::string(word));
        } else if (pid) {
            return refuse("one process at a time");
        } else if (!(pid = to_pid(word))) {
            return refuse("'" + std::string(word) + "' is no process id");
        }
    }
    if (!pid && wants_metrics) return refuse("of which process?");
    try {
        if (!pid) return list();
        const std::string text = tandem::detail::ask_process(*pid, wants_metrics ? "metrics" : "tasks");
        std::fwrite(text.data(), 1, text.size(), stdout);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tandem-ps: %s\n", error.what());
        return failed;
    }
}
