#include <tandem/observe/dump_tasks.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <vector>

#include "coro/running_loops.hpp"
#include "coro/task_tree.hpp"

namespace tandem {
namespace {

using namespace std::chrono_literals;

struct account {
    int thread;
    std::string text;
    bool is_disturbed;
    loop_handle way_in;
};

std::vector<account> read_all() {
    std::vector<account> all;
    loop* const own = loop::current_or_null();
    detail::running_loops::for_each([&](loop& which, int thread) {
        detail::task_tree_reader reader(&which == own ? detail::memory_access::own
                                                      : detail::memory_access::foreign);
        std::string text = reader.describe(which);
        all.push_back({thread, std::move(text), reader.was_disturbed(), which.handle()});
    });
    return all;
}

/// Replaces a text whose parts may not fit each other by the loop's own.
void ask(account& about) {
    auto answer = std::make_shared<std::promise<std::string>>();
    std::future<std::string> text = answer->get_future();
    if (!about.way_in.post([answer] { answer->set_value(dump_tasks()); })) return;
    if (text.wait_for(250ms) == std::future_status::ready) {
        about.text = text.get();
        about.is_disturbed = false;
    }
}

} // namespace

std::string dump_tasks() {
    return detail::task_tree_reader(detail::memory_access::own).describe(loop::current());
}

std::string dump_all_tasks() {
    std::string all;
    for (account& each : read_all()) {
        if (each.is_disturbed) ask(each);
        all += "loop on thread " + std::to_string(each.thread) +
               (each.is_disturbed ? " (it went on while it was read): " : ": ") + each.text;
    }
    return all.empty() ? "no loop runs\n" : all;
}

} // namespace tandem
