// A program whose workers-to-be do something else first, and never report for work.
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

int main() {
    if (std::getenv("TANDEM_WORKER")) pause();
    tandem::process_pool pool(
        tandem::process_pool_options().workers(1).hello_within(std::chrono::milliseconds(50)));
    try {
        tandem::block_on(pool.run([](int number) { return number; }, 1));
    } catch (const tandem::broken_pool& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 3;
    }
    return 0;
}
