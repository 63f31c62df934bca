// A pool's process, to be killed in the phase that its first argument names: "preloading", while its zygote
// runs the preload, or "preloaded", with a forked worker that is busy. The second is a file: the ids of the
// processes that have to end with it, one a line.
#include <tandem/pool/process_pool.hpp>
#include <tandem/pool/worker.hpp>
#include <tandem/threads/block_on.hpp>

#include <fstream>
#include <string>
#include <unistd.h>

namespace {

[[noreturn]] void spin() {
    volatile bool for_ever = true;
    while (for_ever) {
    }
    _exit(1);
}

void note_self(const std::string& file) {
    std::ofstream(file, std::ios::app) << getpid() << '\n';
}
void note_and_spin(const std::string& file) {
    note_self(file);
    spin();
}

} // namespace

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    if (argc != 3) return 2;
    const std::string file = argv[2];
    tandem::process_pool_options options;
    if (std::string(argv[1]) == "preloading")
        options.preload(note_and_spin, file);
    else
        options.preload(note_self, file);
    tandem::process_pool pool(options.workers(1));
    tandem::block_on(pool.run(note_and_spin, file));
}
