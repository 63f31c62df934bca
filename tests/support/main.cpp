#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <tandem/pool/worker.hpp>

int main(int argc, char** argv) {
    tandem::worker_entry(argc, argv);
    return Catch::Session().run(argc, argv);
}
