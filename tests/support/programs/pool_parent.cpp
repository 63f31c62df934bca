// Keeps two workers in tight loops and prints their process ids, one a line, until it is killed. Given
// "idle", it has one worker that waits.
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/worker.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstdio>
#include <cstring>

namespace {

void spin() {
    volatile bool for_ever = true;
    while (for_ever) {
    }
}

tandem::task<> keep_busy(tandem::process_pool& pool, bool busy) {
    auto body = [&](tandem::task_group& group) -> tandem::task<> {
        co_await pool.run([] {});
        for (int worker = 0; busy && worker < 2; ++worker)
            group.spawn(pool.run(spin));
        while (busy && pool.statistics().running < 2)
            co_await tandem::sleep(std::chrono::milliseconds(5));
        for (const int pid : pool.workers())
            std::printf("%d\n", pid);
        std::fflush(stdout);
        co_await tandem::sleep(std::chrono::hours(1));
    };
    co_await tandem::with_group(body);
}

} // namespace

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    tandem::process_pool pool(tandem::process_pool_options().workers(2));
    tandem::block_on(keep_busy(pool, argc < 2 || std::strcmp(argv[1], "idle") != 0));
}
