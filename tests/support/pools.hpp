// Executors to test side by side, and functions for them to run.
#pragma once
#include <fstream>
#include <string>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <vector>

#include <tandem/coro/sleep.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/thread_pool.hpp>

#include "support/temp_folder.hpp"

namespace test {

inline constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

template <class Pool> Pool make_pool(unsigned workers, std::size_t queue_limit = unlimited) {
    if constexpr (std::is_same_v<Pool, tandem::thread_pool>)
        return Pool(tandem::thread_pool_options().threads(workers).queue_limit(queue_limit));
    else
        return Pool(tandem::process_pool_options()
                        .workers(workers)
                        .queue_limit(queue_limit)
                        .grace(std::chrono::seconds(30)));
}

inline void touch(const std::string& file) {
    std::ofstream(file).put('\n');
}
inline bool exists(const std::string& file) {
    return access(file.c_str(), F_OK) == 0;
}
inline tandem::task<> until_exists(std::string file) {
    while (!exists(file))
        co_await tandem::sleep(std::chrono::milliseconds(1));
}

inline int twice(int value) {
    return 2 * value;
}
/// Says that it runs, and goes on until `folder`/open is there or it is asked to stop; says that, too.
inline int hold(const std::string& folder, int value, std::stop_token stop) {
    touch(folder + "/started-" + std::to_string(value));
    while (!exists(folder + "/open")) {
        if (stop.stop_requested()) {
            touch(folder + "/stopped-" + std::to_string(value));
            return -value;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return value;
}
inline void note(const std::string& file, int value) {
    std::ofstream(file, std::ios::app) << value << '\n';
}
inline std::vector<int> notes_in(const std::string& file) {
    std::ifstream in(file);
    std::vector<int> values;
    for (int value; in >> value;)
        values.push_back(value);
    return values;
}

} // namespace test
