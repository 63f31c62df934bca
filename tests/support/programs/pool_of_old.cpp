// Goes on to use its pool after its file has been replaced: runs a job in a first worker, says so, waits for
// a line, kills the worker, and runs the same job in a new one.
#include <tandem/coro/sleep.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/worker.hpp>
#include <tandem/threads/block_on.hpp>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

struct answer {
    int value;
    int pid;
};

answer work(int value) {
    return {3 * value, getpid()};
}

tandem::task<> use(tandem::process_pool& pool) {
    const answer first = co_await pool.run(work, 1);
    std::cout << "first " << first.value << std::endl;
    std::string line;
    std::getline(std::cin, line);
    kill(first.pid, SIGKILL);
    while (!pool.workers().empty() && pool.workers().front() == first.pid)
        co_await tandem::sleep(std::chrono::milliseconds(1));
    const answer second = co_await pool.run(work, 2);
    std::cout << "second " << second.value << (second.pid == first.pid ? " from the old worker" : "")
              << std::endl;
}

} // namespace

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    tandem::process_pool pool(tandem::process_pool_options().workers(1));
    try {
        tandem::block_on(use(pool));
    } catch (const std::exception& error) {
        std::cout << error.what() << std::endl;
        return 1;
    }
}
