// Executors share one face: the same function runs in a thread or in a process.
#include <iostream>
#include <ranges>
#include <stdexcept>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>
#include <thread>
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

bool is_prime(int n) {
    return count_primes(n, n + 1) == 1;
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

    // A job runs from its submission on; its handle waits for it, asks about it, cancels it.
    auto job = processes.with(tandem::priority(5)).submit(count_primes, 1, 1000);
    auto unwanted = threads.submit([](std::stop_token stop) {
        while (!stop.stop_requested())
            std::this_thread::yield();
    });
    unwanted.cancel();
    std::cout << co_await job << " primes below 1000\n";

    // Every number there is, in chunks of 256 to a message; so many are taken as the consumer asks for.
    auto primes = processes.map(is_prime, std::views::iota(1), tandem::chunk(256));
    int number = 0, found = 0;
    while (auto answer = co_await primes.next()) {
        ++number;
        if (*answer && ++found == 1000) break;
    }
    std::cout << "the 1000th prime is " << number << '\n';
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
