// How many threads this process has: what a test counts before and after.
#pragma once
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <thread>

namespace test {

inline std::ptrdiff_t running_threads() {
#ifdef __SANITIZE_THREAD__
    // It adds a thread of its own, which stays, to the program's first: that comes before the count.
    static std::thread first([] {});
    if (first.joinable()) first.join();
#endif
    namespace fs = std::filesystem;
    return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

} // namespace test
