// Work for all processors.
#include <string>
#include <utility>
#include <vector>

#include <tandem/threads/block_on.hpp>

#include "pool/cases.hpp"
#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

using range = std::pair<int, int>;

bool is_prime(int number) {
    if (number < 2) return false;
    for (int divisor = 2; divisor * divisor <= number; ++divisor)
        if (number % divisor == 0) return false;
    return true;
}

int count_primes(range within) {
    int count = 0;
    for (int number = within.first; number < within.second; ++number)
        count += is_prime(number);
    return count;
}

std::vector<range> pieces_of(int numbers) {
    constexpr int pieces = 128;
    std::vector<range> all;
    for (int i = 0; i < pieces; ++i)
        all.emplace_back(static_cast<int>(std::int64_t{numbers} * i / pieces),
                         static_cast<int>(std::int64_t{numbers} * (i + 1) / pieces));
    return all;
}

struct outcome {
    int primes = 0;
    double milliseconds = 0;
};

outcome count_here(const std::vector<range>& pieces) {
    outcome found;
    const stopwatch watch;
    for (const range& each : pieces)
        found.primes += count_primes(each);
    found.milliseconds = watch.milliseconds();
    return found;
}

tandem::task<outcome> count_in(std::size_t workers, const std::vector<range>& pieces) {
    tandem::process_pool pool(tandem::process_pool_options().workers(static_cast<unsigned>(workers)));
    // Starting them is measured elsewhere.
    std::vector<int> nothing(workers * 8);
    auto warming = pool.map(no_op, nothing);
    while (co_await warming.next()) {
    }
    outcome found;
    const stopwatch watch;
    auto counts = pool.map(count_primes, pieces, tandem::unordered);
    while (auto count = co_await counts.next())
        found.primes += *count;
    found.milliseconds = watch.milliseconds();
    co_return found;
}

tandem::task<double> milliseconds_with(std::size_t workers, const std::vector<range>& pieces, int primes,
                                       int rounds) {
    std::vector<double> needed;
    for (int round = 0; round < rounds; ++round) {
        const outcome found = co_await count_in(workers, pieces);
        if (found.primes != primes) throw std::logic_error("the pool has found other primes");
        needed.push_back(found.milliseconds);
    }
    co_return median(needed);
}

} // namespace

void measure_prime_counts(report& into, const options& chosen) {
    const std::size_t most = processors().size();
    bool is_wanted = chosen.wants("prime_count") || chosen.wants("prime_speedup");
    for (std::size_t workers = 1; workers <= most; ++workers)
        is_wanted = is_wanted || chosen.wants(prime_count_with(workers));
    if (!is_wanted) return;

    const std::vector<range> pieces = pieces_of(chosen.quick ? 20'000 : 2'000'000);
    const int rounds = chosen.times(3);
    std::vector<double> alone;
    outcome here;
    for (int round = 0; round < rounds; ++round) {
        here = count_here(pieces);
        alone.push_back(here.milliseconds);
    }
    const double one = median(alone);
    for (std::size_t workers = 1; workers <= most; ++workers) {
        const double needed = tandem::block_on(milliseconds_with(workers, pieces, here.primes, rounds));
        into.add(prime_count_with(workers), "one_process", one);
        into.add(prime_count_with(workers), own_name, needed);
        if (workers < most) continue;
        into.add("prime_count", "one_process", one);
        into.add("prime_count", own_name, needed);
        into.add("prime_speedup", "one_process", 1);
        into.add("prime_speedup", own_name, one / needed);
    }
}

} // namespace bench
