#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <tandem/pool/worker.hpp>

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    return Catch::Session().run(argc, argv);
}

#ifdef __SANITIZE_THREAD__
/// liburing maps its rings by system calls that ThreadSanitizer does not see: a ring that gets the addresses
/// of one that has gone looks like a race with that.
extern "C" const char* __tsan_default_suppressions() {
    return "race:liburing.h\n";
}
#endif
