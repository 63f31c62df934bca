// Two source files with functions and closures of the same names.
#pragma once
#include <tandem/coro/task.hpp>

namespace tandem {
class process_pool;
}

namespace test {

/// Run each file's own `which` in the pool, as a function and as a closure. They give 1, 10 and 2, 20.
tandem::task<int> run_function_of_one(tandem::process_pool& pool);
tandem::task<int> run_closure_of_one(tandem::process_pool& pool);
tandem::task<int> run_function_of_two(tandem::process_pool& pool);
tandem::task<int> run_closure_of_two(tandem::process_pool& pool);

} // namespace test
