// What a worker process is, and how it and its pool come and go.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;

namespace {

template <class F, class... A> auto run_one(F function, A... arguments) {
    process_pool pool(process_pool_options().workers(1));
    return block_on(pool.run(function, std::move(arguments)...));
}

/// What the descriptors of this process lead to, by number.
std::vector<std::string> descriptors() {
    std::vector<std::string> found;
    for (int number = 0; number < 1024; ++number) {
        char target[512];
        const std::string link = "/proc/self/fd/" + std::to_string(number);
        const ssize_t size = readlink(link.c_str(), target, sizeof target);
        if (size >= 0) found.push_back(std::to_string(number) + ' ' + std::string(target, size));
    }
    return found;
}

std::string environment(std::string name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "(none)";
}

/// The signals that are blocked, ignored or caught here, sanitizers' own left out.
std::vector<int> unusual_signals() {
    std::vector<int> found;
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, nullptr, &blocked);
    for (int number = 1; number < 32; ++number) {
        struct sigaction action {};
        sigaction(number, nullptr, &action);
        const bool own = number == SIGSEGV || number == SIGBUS || number == SIGFPE;
        if (sigismember(&blocked, number) == 1 || (action.sa_handler != SIG_DFL && !own))
            found.push_back(number);
    }
    return found;
}

int read_stdin() {
    char byte;
    return static_cast<int>(read(STDIN_FILENO, &byte, 1));
}

std::string path_beside_this_program(const std::string& name) {
    char self[4096];
    const ssize_t size = readlink("/proc/self/exe", self, sizeof self);
    std::string path(self, size);
    return path.replace(path.rfind('/') + 1, std::string::npos, name);
}

void load_library(std::string file) {
    if (!dlopen(file.c_str(), RTLD_NOW)) throw std::runtime_error(dlerror());
}

/// A program of the tests' own, with its stdout or stderr read by us.
class child_program {
  public:
    child_program(std::string file, std::string argument, int output) {
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
        const std::string path = path_beside_this_program(file);
        pid_ = fork();
        if (pid_ == 0) {
            dup2(ends[1], output);
            execl(path.c_str(), file.c_str(), argument.empty() ? nullptr : argument.c_str(), nullptr);
            std::_Exit(127);
        }
        close(ends[1]);
        output_ = fdopen(ends[0], "r");
    }
    ~child_program() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        fclose(output_);
    }
    std::string rest() {
        std::string text;
        for (int byte = fgetc(output_); byte != EOF; byte = fgetc(output_))
            text += static_cast<char>(byte);
        return text;
    }
    int wait() {
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = 0;
        return status;
    }

  private:
    int pid_ = 0;
    FILE* output_ = nullptr;
};

} // namespace

TEST_CASE("a worker has no descriptors but its own") {
    // Left open without O_CLOEXEC, as careless code does, below and above the worker's own.
    const int low = open("/etc/passwd", O_RDONLY);
    const int high = fcntl(low, F_DUPFD, 200);
    const auto found = run_one(descriptors);
    close(low);
    close(high);
    REQUIRE(found.size() >= 6);
    CHECK(found[0] == "0 /dev/null");
    CHECK_THAT(found[1], Catch::StartsWith("1 pipe:"));
    CHECK_THAT(found[2], Catch::StartsWith("2 pipe:"));
    CHECK_THAT(found[3], Catch::StartsWith("3 socket:"));
    CHECK_THAT(found[4], Catch::StartsWith("4 socket:"));
    CHECK_THAT(found[5], Catch::StartsWith("5 /memfd:"));
    // The watch over its parent, its own copies of the pipes, and nothing of ours.
    for (std::size_t i = 6; i < found.size(); ++i)
        CHECK_THAT(found[i], Catch::Contains("pidfd") || Catch::Contains("pipe:"));
    CHECK(found.size() <= 9);
}

TEST_CASE("a worker reads nothing on stdin") {
    CHECK(run_one(read_stdin) == 0);
}

TEST_CASE("a worker has a process group of its own") {
    process_pool pool(process_pool_options().workers(1));
    const int group = block_on(pool.run([] { return getpgrp() == getpid() ? getpid() : 0; }));
    CHECK(group > 0);
    CHECK(group != getpgrp());
}

TEST_CASE("a worker starts with default signals, whatever ours are") {
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &old);
    const auto found = run_one(unusual_signals);
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    std::signal(SIGPIPE, before);
    CHECK(found == std::vector<int>());
}

TEST_CASE("a worker keeps our environment, without the mark") {
    setenv("TANDEM_TEST_VARIABLE", "kept", 1);
    CHECK(run_one(environment, "TANDEM_TEST_VARIABLE") == "kept");
    CHECK(run_one(environment, "TANDEM_WORKER") == "(none)");
    unsetenv("TANDEM_TEST_VARIABLE");
}

TEST_CASE("stop lets the jobs end and the workers exit") {
    process_pool pool(process_pool_options().workers(2));
    std::vector<int> done;
    auto body = [&](tandem::task_group& group) -> task<> {
        for (int i = 0; i < 10; ++i)
            group.spawn([](process_pool& cpu, std::vector<int>& to, int n) -> task<> {
                to.push_back(co_await cpu.run(
                    [](int value) {
                        std::this_thread::sleep_for(2ms);
                        return value;
                    },
                    n));
            }(pool, done, i));
        co_await tandem::yield();
        co_await tandem::yield();
        co_await pool.stop();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    CHECK(done.size() == 10);
    CHECK(pool.workers().empty());
    CHECK_THROWS_WITH(block_on(pool.run(&getpid)), Catch::Contains("is stopped"));
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a worker that does not exit when it is told to is killed") {
    process_pool pool(process_pool_options().workers(1).grace(20ms));
    auto all = [&]() -> task<> {
        co_await pool.run([] { std::atexit([] { std::this_thread::sleep_for(1h); }); });
        co_await pool.stop();
    };
    block_on(all());
    CHECK(pool.workers().empty());
}

TEST_CASE("stopping a pool that was never used is nothing") {
    process_pool pool;
    block_on(pool.stop());
    CHECK(pool.workers().empty());
}

TEST_CASE("a pool that is destroyed takes its workers with it") {
    int pid = 0;
    auto all = [&]() -> task<> {
        process_pool pool(process_pool_options().workers(1));
        pid = co_await pool.run(&getpid);
    };
    block_on(all());
    CHECK(kill(pid, 0) == -1);
    CHECK(errno == ESRCH);
}

TEST_CASE("jobs of a pool that is destroyed fail with broken_pool") {
    auto pool = std::make_unique<process_pool>(process_pool_options().workers(1));
    std::vector<std::string> errors;
    auto victim = [&]() -> task<> {
        try {
            co_await pool->run([] { std::this_thread::sleep_for(1h); });
        } catch (const tandem::broken_pool& error) {
            errors.push_back(error.what());
        }
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(victim());
        group.spawn(victim());
        while (pool->statistics().running == 0)
            co_await tandem::sleep(1ms);
        pool.reset();
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    REQUIRE(errors.size() == 2);
    CHECK_THAT(errors[0], Catch::StartsWith("job ") && Catch::Contains("was destroyed"));
}

TEST_CASE("a pool used in two loops at once is an error") {
    process_pool pool(process_pool_options().workers(1));
    auto other_loop = [&]() -> task<std::string> {
        co_await pool.run(&getpid);
        std::string said;
        std::thread([&] {
            try {
                block_on(pool.run(&getpid));
            } catch (const tandem::usage_error& error) {
                said = error.what();
            }
        }).join();
        co_return said;
    };
    CHECK_THAT(block_on(other_loop()), Catch::Contains("second loop"));
}

TEST_CASE("a main without worker_entry is told the cure, and no flood of processes comes of it") {
    child_program program("no-worker-entry", "", STDERR_FILENO);
    const std::string said = program.rest();
    const int status = program.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
    CHECK_THAT(said, Catch::Contains("call tandem::worker_entry(argc, argv) first in main"));
    // Three were tried, and none of them started another.
    CHECK(said.size() < 5000);
}

TEST_CASE("a worker that never reports for work breaks the pool") {
    child_program program("late-worker", "", STDERR_FILENO);
    const std::string said = program.rest();
    const int status = program.wait();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
    CHECK_THAT(said, Catch::Contains("did not report for work in time"));
    CHECK_THAT(said, Catch::Contains("main has to call tandem::worker_entry"));
}

TEST_CASE("a function of a library that workers lack is an error that names the library") {
    const std::string file = path_beside_this_program("test-plugin.so");
    void* library = dlopen(file.c_str(), RTLD_NOW);
    REQUIRE(library);
    const auto triple = reinterpret_cast<int (*)(int)>(dlsym(library, "triple"));
    REQUIRE(triple);
    process_pool pool(process_pool_options().workers(1));
    CHECK_THROWS_AS(block_on(pool.run(triple, 2)), tandem::unknown_function);
    CHECK_THROWS_WITH(block_on(pool.run(triple, 2)), Catch::Contains("test-plugin.so"));
    auto load_first = [&]() -> task<int> {
        co_await pool.run(load_library, file);
        co_return co_await pool.run(triple, 2);
    };
    CHECK(block_on(load_first()) == 6);
    dlclose(library);
}
