// Where a job's function lies, and what happens when that is replaced, unloaded or twice there.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <dlfcn.h>
#include <filesystem>

#include "support/child_process.hpp"
#include "support/pools.hpp"
#include "support/same_name.hpp"

using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

namespace fs = std::filesystem;

using function = int (*)(int);

void load(const std::string& file) {
    if (!dlopen(file.c_str(), RTLD_NOW)) throw std::runtime_error(dlerror());
}
void unload(const std::string& file) {
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (!library) throw std::runtime_error("not loaded: " + file);
    dlclose(library); // the count of this dlopen
    dlclose(library); // and of the first
    if (dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD)) throw std::runtime_error("still loaded: " + file);
}

/// A library of the test's own, which this process has loaded.
class library {
  public:
    explicit library(const std::string& file)
        : handle_(dlopen(file.c_str(), RTLD_NOW)) {
        REQUIRE(handle_);
    }
    library(const library&) = delete;
    library& operator=(const library&) = delete;
    ~library() { close(); }
    void close() {
        if (handle_) dlclose(std::exchange(handle_, nullptr));
    }
    function triple() const { return reinterpret_cast<function>(dlsym(handle_, "triple")); }

  private:
    void* handle_;
};

/// Puts `from` in the place of `to` as an installer does: another file with the same name.
void replace(const std::string& from, const std::string& to) {
    fs::copy_file(from, to + ".new");
    fs::rename(to + ".new", to);
}

process_pool_options one_worker() {
    return process_pool_options().workers(1);
}

} // namespace

TEST_CASE("functions and closures that have one name in two files are told apart") {
    process_pool pool(one_worker());
    CHECK(block_on(test::run_function_of_one(pool)) == 1);
    CHECK(block_on(test::run_function_of_two(pool)) == 2);
    CHECK(block_on(test::run_closure_of_one(pool)) == 10);
    CHECK(block_on(test::run_closure_of_two(pool)) == 20);
}

TEST_CASE("new workers run the old program after its file has been replaced, or removed") {
    const bool is_removed = GENERATE(false, true);
    const test::temp_folder folder;
    const std::string file = folder / "pool-of-old";
    fs::copy_file(test::program("pool-of-old"), file);
    test::child_options how;
    how.input = true;
    test::child_process program({file}, how);
    program.wait_for_output("first 3");
    if (is_removed)
        fs::remove(file);
    else
        replace("/bin/true", file);
    program.write("go on\n");
    program.close_input();
    CHECK(program.wait() == 0);
    CHECK_THAT(program.output(), Catch::Contains("second 6\n"));
}

TEST_CASE("a library that has been replaced before the worker loads it is an error that names it") {
    const test::temp_folder folder;
    const std::string file = folder / "replaced-plugin.so";
    fs::copy_file(test::program("test-plugin.so"), file);
    const library ours(file);
    replace(test::program("test-plugin-next.so"), file);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        co_await pool.run(load, file); // the next version
        co_await pool.run(ours.triple(), 2);
    };
    CHECK_THROWS_AS(block_on(all()), tandem::unknown_function);
    CHECK_THROWS_WITH(block_on(all()), Catch::Contains("replaced-plugin.so"));
    CHECK(block_on(pool.run(test::twice, 2)) == 4);
}

TEST_CASE("a library without a build-id is told from another file that has taken its name") {
    const test::temp_folder folder;
    const std::string file = folder / "unmarked-plugin.so";
    fs::copy_file(test::program("test-plugin-unmarked.so"), file);
    const library ours(file);
    process_pool pool(one_worker());
    auto triple_in_worker = [&]() -> task<int> {
        co_await pool.run(load, file);
        co_return co_await pool.run(ours.triple(), 2);
    };
    // Replaced before anybody has looked at the library: then what is under its name is not what runs here.
    replace(test::program("test-plugin-unmarked.so"), file);
    CHECK_THROWS_AS(block_on(triple_in_worker()), tandem::unknown_function);
    CHECK_THROWS_WITH(block_on(triple_in_worker()), Catch::Contains("unmarked-plugin.so"));

    const std::string kept = folder / "kept-plugin.so";
    fs::copy_file(test::program("test-plugin-unmarked.so"), kept);
    const library same(kept);
    auto triple_of_same = [&]() -> task<int> {
        co_await pool.run(load, kept);
        co_return co_await pool.run(same.triple(), 2);
    };
    CHECK(block_on(triple_of_same()) == 6);
}

TEST_CASE("a library that is replaced later does not disturb those who have loaded it") {
    const test::temp_folder folder;
    const std::string file = folder / "replaced-plugin.so";
    fs::copy_file(test::program("test-plugin.so"), file);
    const library ours(file);
    process_pool pool(one_worker());
    auto all = [&]() -> task<int> {
        co_await pool.run(load, file);
        replace(test::program("test-plugin-next.so"), file);
        co_return co_await pool.run(ours.triple(), 2);
    };
    CHECK(block_on(all()) == 6);
}

TEST_CASE("a library that the worker has unloaded is an error that names it") {
    const test::temp_folder folder;
    const std::string file = folder / "unloaded-plugin.so";
    fs::copy_file(test::program("test-plugin.so"), file);
    const library ours(file);
    process_pool pool(one_worker());
    auto all = [&]() -> task<std::string> {
        co_await pool.run(load, file);
        const int before = co_await pool.run(ours.triple(), 2);
        CHECK(before == 6);
        co_await pool.run(unload, file);
        std::string said;
        try {
            co_await pool.run(ours.triple(), 2);
        } catch (const tandem::unknown_function& error) {
            said = error.what();
        }
        const int other = co_await pool.run(test::twice, 2);
        CHECK(other == 4);
        co_return said;
    };
    CHECK_THAT(block_on(all()), Catch::Contains("unloaded-plugin.so"));
}

TEST_CASE("a function whose library is gone from this process cannot be sent") {
    const test::temp_folder folder;
    const std::string file = folder / "gone-plugin.so";
    fs::copy_file(test::program("test-plugin.so"), file);
    library ours(file);
    const function triple = ours.triple();
    process_pool pool(one_worker());
    // Encoded while it was there: the worker still has it. Messages have no name for it any more.
    auto encoded = [&]() -> task<int> {
        co_await pool.run(load, file);
        auto before = pool.run(triple, 2);
        ours.close();
        co_return co_await std::move(before);
    };
    CHECK(block_on(encoded()) == 6);
    CHECK_THROWS_AS(block_on(pool.run(triple, 2)), tandem::unknown_function);
}

TEST_CASE("a refused job whose library is gone is told without its name") {
    const test::temp_folder folder;
    const std::string file = folder / "gone-plugin.so";
    fs::copy_file(test::program("test-plugin.so"), file);
    library ours(file);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        auto job = pool.run(ours.triple(), 2);
        ours.close();
        co_await pool.stop();
        co_await std::move(job);
    };
    CHECK_THROWS_WITH(block_on(all()), Catch::Contains("an unknown function"));
}
