// What workers share with each other and with the loop while they work: a value, an array, a queue and a
// lock.
#include <tandem/coro/gather.hpp>
#include <tandem/pool/process_mutex.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/process_queue.hpp>
#include <tandem/pool/shared_array.hpp>
#include <tandem/pool/shared_value.hpp>
#include <tandem/run.hpp>

#include <algorithm>
#include <csignal>
#include <iostream>

namespace {

/// All that a search has in common with others. Copies of it are the same things.
struct search {
    tandem::shared_value<long> tested{0};
    tandem::shared_array<int> by_last_digit{std::size_t{10}};
    tandem::process_queue<std::vector<long>> found{16};
};

bool is_prime(long number) {
    for (long factor = 2; factor * factor <= number; ++factor)
        if (number % factor == 0) return false;
    return number > 1;
}

void find_primes(search all, long first, long last) {
    std::vector<long> primes;
    for (; first < last; ++first) {
        all.tested.fetch_add(1);
        if (!is_prime(first)) continue;
        primes.push_back(first);
        all.by_last_digit.atomic(static_cast<std::size_t>(first % 10)).fetch_add(1);
    }
    all.found.blocking_send(primes); // waits while there is no room
}

/// The loop hears of what is found while the workers go on.
tandem::task<> report(search all) {
    std::size_t count = 0;
    long largest = 0;
    while (const auto primes = co_await all.found.receive()) {
        count += primes->size();
        if (!primes->empty()) largest = std::max(largest, primes->back());
    }
    std::cout << count << " primes came through the queue, the largest is " << largest << '\n';
}

tandem::task<> run_search(tandem::process_pool& pool, search all) {
    std::vector<tandem::job<void>> jobs;
    for (long first = 0; first < 100'000; first += 5000)
        jobs.push_back(pool.submit(find_primes, all, first, first + 5000));
    for (auto& each : jobs)
        co_await each;
    all.found.close();
}

void die_with(tandem::process_mutex access) {
    const auto held = access.blocking_lock();
    raise(SIGKILL);
}

} // namespace

tandem::task<> async_main() {
    tandem::process_pool pool;
    search all;
    co_await tandem::gather(run_search(pool, all), report(all));
    std::cout << all.tested.load() << " numbers were tested; primes end in";
    for (const int digit : {1, 3, 7, 9})
        std::cout << ' ' << digit << ": " << all.by_last_digit.at(static_cast<std::size_t>(digit));
    std::cout << '\n';

    // Whoever dies with a lock takes nobody along.
    tandem::process_mutex access;
    int died = 0;
    try {
        co_await pool.run(die_with, access);
    } catch (const tandem::worker_died& error) {
        died = error.how().pid;
    }
    const auto held = co_await access.lock();
    if (held.abandoned_by() == died)
        std::cout << "a worker was killed while it had the lock, and the next owner knows\n";
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
