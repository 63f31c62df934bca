// What the workers of a process pool start with, what they may do, and what becomes of what they print.
#include <tandem/base/log.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/run.hpp>

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::vector<bool> composite;

/// The preload: once, in the process that the workers are forked from. They share the memory.
void fill_sieve(std::size_t size) {
    composite.assign(size, false);
    for (std::size_t n = 2; n * n < size; ++n)
        for (std::size_t multiple = n * n; !composite[n] && multiple < size; multiple += n)
            composite[multiple] = true;
}

int count_primes(std::size_t limit) {
    std::printf("counting to %zu of %zu\n", limit, composite.size());
    int found = 0;
    for (std::size_t n = 2; n < limit; ++n)
        if (!composite[n]) ++found;
    return found;
}

std::uintmax_t size_of(const std::string& file) {
    return std::filesystem::file_size(file);
}

void count_for_ever() {
    volatile unsigned number = 0;
    while (true)
        number = number + 1;
}

/// Workers' lines come to the log with the job that wrote them.
void print_record(const tandem::log_record& record) noexcept {
    std::cout << tandem::name_of(record.level()) << ", job " << record.job() << ": " << record.text() << '\n';
}

} // namespace

tandem::task<> async_main() {
    tandem::set_log_sink(print_record);

    tandem::worker_limits limits;
    limits.nice(5).cpu_time(1s).compute_only();
    tandem::process_pool_options options;
    options.workers(1).limits(limits).preload(fill_sieve, 1'000'000);
    tandem::process_pool pool(options);

    std::cout << co_await pool.run(count_primes, 1000) << " primes below 1000\n";
    std::cout << co_await pool.run(count_primes, 1'000'000) << " primes below a million\n";

    // A worker that is for computing only reads no files.
    try {
        co_await pool.run(size_of, "/etc/passwd");
    } catch (const std::system_error& error) {
        std::cout << error.code().message() << '\n';
    }

    // The processor time is the worker's, all its jobs together; a new worker has it again.
    try {
        co_await pool.run(count_for_ever);
    } catch (const tandem::worker_died& error) {
        std::cout << "died by signal " << error.signal() << '\n';
    }
    std::cout << co_await pool.run(count_primes, 100) << " primes below 100\n";
    tandem::set_log_sink(nullptr);
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
