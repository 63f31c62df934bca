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

} // namespace

void measure_prime_counts(report& into, const options& chosen) {
    const std::size_t most = processors().size();
    bool is_wanted = chosen.wants("prime_count") || chosen.wants("prime_speedup");
    for (std::size_t workers = 1; workers <= most; ++workers)
        is_wanted = is_wanted || chosen.wants(prime_count_with(workers));
    if (!is_wanted) return;

    const std::vector<range> pieces = pieces_of(chosen.quick ? 20'000 : 2'000'000);
    std::vector<double> alone;
    std::vector<std::vector<double>> with(most);
    // In turn, so that a disturbance meets all of them.
    for (int round = 0; round < chosen.times(5); ++round) {
        const outcome here = count_here(pieces);
        alone.push_back(here.milliseconds);
        for (std::size_t workers = 1; workers <= most; ++workers) {
            const outcome found = tandem::block_on(count_in(workers, pieces));
            if (found.primes != here.primes) throw std::logic_error("the pool has found other primes");
            with[workers - 1].push_back(found.milliseconds);
        }
    }
    const auto note = [&](const std::string& name, double one, double own) {
        into.add(name, "one_process", one);
        into.add(name, own_name, own);
    };
    for (std::size_t workers = 1; workers <= most; ++workers)
        note(prime_count_with(workers), median(alone), median(with[workers - 1]));
    note("prime_count", median(alone), median(with[most - 1]));
    note("prime_speedup", 1, median(alone) / median(with[most - 1]));
}

} // namespace bench
