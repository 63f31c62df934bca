#include "support/same_name.hpp"

#include <tandem/pool/process_pool.hpp>

namespace test {
namespace {

int which() {
    return 1;
}
const auto which_closure = [] { return 10; };

} // namespace

tandem::task<int> run_function_of_one(tandem::process_pool& pool) {
    return pool.run(which);
}
tandem::task<int> run_closure_of_one(tandem::process_pool& pool) {
    return pool.run(which_closure);
}

} // namespace test
