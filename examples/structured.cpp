// Structured concurrency: nothing outlives its scope, an error is never lost.
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using tandem::task;

task<> greet(std::string name) {
    co_await tandem::sleep(1ms);
    std::cout << "hello, " << name << '\n';
}

task<int> first() {
    co_return 1;
}
task<int> second() {
    co_return 2;
}

task<std::string> mirror(std::string name, tandem::duration time) {
    co_await tandem::sleep(time);
    co_return name;
}

task<std::string> slow() {
    co_await tandem::sleep(1h);
    co_return "an hour later";
}

task<int> broken() {
    co_await tandem::sleep(1ms);
    throw std::runtime_error("no luck");
}

task<> async_main() {
    // A group ends when everything that was spawned into it has.
    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        for (auto name : {"Ada", "Edsger", "Tony"})
            group.spawn(greet(name), name);
        co_return;
    });
    std::cout << "everybody has been greeted\n";

    // Both at once, and both values.
    auto [a, b] = co_await tandem::gather(first(), second());
    std::cout << a << " and " << b << '\n';

    // The first one wins; the other is cancelled, and has ended when this line goes on.
    auto winner = co_await tandem::race(mirror("near", 1ms), mirror("far", 1h));
    std::cout << "from the mirror that is " << winner << '\n';

    // What takes too long is cancelled; it has ended when this line throws.
    try {
        co_await tandem::timeout(10ms, slow());
    } catch (const tandem::timed_out&) {
        std::cout << "timed out\n";
    }

    // An error as a value: result<T> holds either.
    auto outcome = co_await tandem::as_result(broken());
    if (!outcome) std::cout << "failed: " << tandem::describe(outcome.error()) << '\n';

    // An error of one task cancels the others of its group, and comes out as itself.
    try {
        co_await tandem::gather(slow(), broken());
    } catch (const std::runtime_error& error) {
        std::cout << "failed: " << error.what() << '\n';
    }
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
