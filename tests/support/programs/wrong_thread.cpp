// Sets an event of a loop from another thread, which is not allowed: debug builds end the program.
#include <tandem/coro/gather.hpp>
#include <tandem/run.hpp>
#include <tandem/sync/event.hpp>

#include <thread>

tandem::task<int> async_main() {
    tandem::event done;
    std::jthread intruder;
    auto set_elsewhere = [&]() -> tandem::task<> {
        // With a handle, as somebody who may wake the loop, but not through it.
        intruder = std::jthread([&, handle = tandem::loop::current().handle()] { done.set(); });
        co_return;
    };
    auto wait = [&]() -> tandem::task<> { co_await done.wait(); };
    co_await tandem::gather(wait(), set_elsewhere()); // in this order: somebody waits when it is set
    co_return 0;
}
int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
