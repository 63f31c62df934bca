#include "micro/fresh_process.hpp"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace bench {
namespace {

/// A figure in KiB from this process's status, as MiB.
double status_mib(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kib = 0;
        if (word == field + ':' && status >> kib) return kib / 1024;
    }
    throw std::runtime_error("no " + field + " in /proc/self/status");
}

[[noreturn]] void report_and_exit(const std::function<std::vector<double>()>& measure, int to) {
    int status = 1;
    try {
        const std::vector<double> values = measure();
        const std::size_t bytes = values.size() * sizeof(double);
        if (::write(to, values.data(), bytes) == static_cast<ssize_t>(bytes)) status = 0;
    } catch (const std::exception& error) {
        std::cerr << "bench-runtime: " << error.what() << '\n';
    }
    ::_exit(status);
}

} // namespace

std::vector<double> in_fresh_process(const std::function<std::vector<double>()>& measure) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) report_and_exit(measure, ends[1]);
    ::close(ends[1]);
    std::vector<double> values;
    for (double value; ::read(ends[0], &value, sizeof value) == sizeof value;)
        values.push_back(value);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("a measurement in a process of its own failed");
    return values;
}

double heap_bytes() {
    const struct mallinfo2 info = ::mallinfo2();
    if (info.uordblks == 0) return resident_mib() * 1024 * 1024;
    return static_cast<double>(info.uordblks + info.hblkhd);
}

double resident_mib() {
    return status_mib("VmRSS");
}

double peak_resident_mib() {
    return status_mib("VmHWM");
}

} // namespace bench
