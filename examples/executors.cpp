// Executors share one face: the same function runs in a thread or in a process.
#include <iostream>
#include <stdexcept>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>
#include <unistd.h>

int count_primes(int from, int to) {
    if (from < 0 || to < from) throw std::invalid_argument("no such range");
    int count = 0;
    for (int n = std::max(from, 2); n < to; ++n) {
        bool prime = true;
        for (int d = 2; d * d <= n && prime; ++d)
            prime = n % d != 0;
        count += prime;
    }
    return count;
}

int process_id() {
    return ::getpid();
}

tandem::task<> async_main() {
    tandem::thread_pool threads(8);
    tandem::process_pool processes; // one worker per core

    auto here = co_await threads.run(count_primes, 1, 100'000);
    auto there = co_await processes.run(count_primes, 1, 100'000);
    std::cout << here << " primes, says a thread; " << there << ", says a process\n";

    bool same = co_await threads.run(process_id) == ::getpid();
    bool other = co_await processes.run(process_id) != ::getpid();
    std::cout << "the thread is " << (same ? "" : "not ") << "in this process, the worker is "
              << (other ? "not" : "") << '\n';

    // Halves of a range, at the same time.
    auto [low, high] = co_await tandem::gather(processes.run(count_primes, 1, 50'000),
                                               processes.run(count_primes, 50'000, 100'000));
    std::cout << low << " + " << high << " = " << low + high << '\n';

    // What the function throws arrives as it is, from a process too.
    try {
        co_await processes.run(count_primes, 10, 1);
    } catch (const std::invalid_argument& error) {
        std::cout << "refused: " << error.what() << '\n';
    }
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
