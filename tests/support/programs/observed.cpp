// Programs to look into: `observed MODE`. They say where their tasks stand, as "NAME LINE" on lines of their
// own, then "ready", and end when their input does.
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/run.hpp>
#include <tandem/sync/event.hpp>

#include <iostream>
#include <string>
#include <thread>

#include <unistd.h>

using namespace std::chrono_literals;
using tandem::task;

namespace {

void say(const char* what, int line) {
    std::cout << what << ' ' << line << '\n';
}

void wait_for_end_of_input() {
    char byte;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

task<> wait(tandem::event& done) {
    say("inner", __LINE__ + 1);
    co_await done.wait();
}

task<> download(tandem::event& done) {
    say("outer", __LINE__ + 1);
    co_await wait(done);
}

/// Two tasks wait; a thread tells them when the input ends.
task<> waiting() {
    tandem::event done;
    auto handle = tandem::loop::current().handle();
    std::thread reader([&done, way_in = std::move(handle)] {
        wait_for_end_of_input();
        way_in.post([&done] { done.set(); });
    });
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(download(done), "example.org");
        group.spawn(download(done), "example.com");
        co_await tandem::yield();
        std::cout << "ready" << std::endl;
    };
    co_await tandem::with_group(body);
    reader.join();
}

/// A task waits, and main never comes back to its loop until its input ends.
task<> stuck() {
    tandem::event done;
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(download(done), "example.org");
        say("held", __LINE__ + 1);
        co_await tandem::yield();
        std::cout << "ready" << std::endl;
        wait_for_end_of_input();
        done.set();
    };
    co_await tandem::with_group(body);
}

task<> slow() {
    say("before", __LINE__ + 1);
    co_await tandem::yield();
    std::this_thread::sleep_for(150ms);
    say("after", __LINE__ + 1);
    co_await tandem::yield();
    say("dropped", __LINE__ + 1);
    [[maybe_unused]] auto unused = slow();
    std::cout << "ready" << std::endl;
}

} // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "waiting") return tandem::run(1, argv, waiting);
    if (mode == "observable") return tandem::run(1, argv, tandem::run_options().observable(), waiting);
    if (mode == "stuck") return tandem::run(1, argv, stuck);
    if (mode == "slow") return tandem::run(1, argv, slow);
    if (mode == "debug") return tandem::run(1, argv, tandem::run_options().debug().slow_step(1h), slow);
    return 99;
}
