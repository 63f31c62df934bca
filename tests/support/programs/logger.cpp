// Logs: `logger levels`, `logger threads COUNT LINES`, `logger closed`.
#include <tandem/base/log.hpp>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using tandem::log;
using tandem::log_level;

namespace {

int levels() {
    log(log_level::debug, "a detail");
    log(log_level::info, "a note");
    log(log_level::warning, "a warning");
    log(log_level::error, "an error");
    return 0;
}

int threads(int count, int lines) {
    std::vector<std::thread> all;
    for (int i = 0; i < count; ++i)
        all.emplace_back([i, lines] {
            const std::string text(300, static_cast<char>('a' + i));
            for (int line = 0; line < lines; ++line)
                log(log_level::warning, text);
        });
    for (std::thread& each : all)
        each.join();
    return 0;
}

int closed() {
    ::close(STDERR_FILENO);
    log(log_level::error, "nobody reads this");
    int ends[2];
    if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return 1;
    ::signal(SIGPIPE, SIG_IGN);
    ::close(ends[0]);
    log(log_level::error, "nor this");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "levels") return levels();
    if (mode == "threads" && argc == 4) return threads(std::stoi(argv[2]), std::stoi(argv[3]));
    if (mode == "closed") return closed();
    return 99;
}
