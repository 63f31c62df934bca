#include "pool/processors.hpp"

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace bench {
namespace {

void set_affinity(int thread, const cpu_set_t& to) {
    if (::sched_setaffinity(thread, sizeof to, &to) != 0)
        throw std::system_error(errno, std::generic_category(), "sched_setaffinity");
}

cpu_set_t affinity() {
    cpu_set_t now;
    if (::sched_getaffinity(0, sizeof now, &now) != 0)
        throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
    return now;
}

cpu_set_t only(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return set;
}

std::vector<int> find_processors() {
    const cpu_set_t usable = affinity();
    std::vector<int> found;
    for (int each = 0; each < CPU_SETSIZE; ++each)
        if (CPU_ISSET(each, &usable)) found.push_back(each);
    return found;
}

} // namespace

std::vector<int> processors() {
    // As they were at first: later this thread may be pinned.
    static const std::vector<int> usable = find_processors();
    return usable;
}

placement same_processor() {
    return {processors().front(), processors().front()};
}

placement two_processors() {
    return {processors().at(0), processors().at(1)};
}

pinned::pinned(int processor)
    : before_(affinity()) {
    set_affinity(0, only(processor));
}

pinned::~pinned() {
    ::sched_setaffinity(0, sizeof before_, &before_);
}

void pin_process(int pid, int processor) {
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
        set_affinity(std::stoi(thread.path().filename()), only(processor));
}

} // namespace bench
