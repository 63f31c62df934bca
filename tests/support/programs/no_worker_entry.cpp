// A main that forgets tandem::worker_entry. Its workers-to-be reach this line too, and must not make pools in
// turn.
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstdio>

int main() {
    tandem::process_pool pool(tandem::process_pool_options().workers(2));
    try {
        tandem::block_on(pool.run([](int number) { return number; }, 1));
    } catch (const tandem::broken_pool& error) {
        std::printf("%s\n", error.what());
        return 3;
    }
    return 0;
}
