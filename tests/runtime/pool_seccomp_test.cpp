// What jobs can and cannot do in workers that are for computing only.
#include <catch2/catch.hpp>

#include <tandem/base/log.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <map>
#include <mutex>
#include <random>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;
using tandem::worker_limits;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool leaves_pipes = true; // to UndefinedBehaviorSanitizer, which looks at objects through them
#else
constexpr bool leaves_pipes = false;
#endif

process_pool_options computing(unsigned workers = 1) {
    worker_limits limits;
    limits.compute_only();
    return process_pool_options().workers(workers).limits(limits);
}

template <class F, class... A> auto compute(F function, A... arguments) {
    process_pool pool(computing());
    return block_on(pool.run(function, std::move(arguments)...));
}

/// 0 where the call succeeded.
template <class Call> int error_of(Call call) {
    errno = 0;
    return call() == -1 ? errno : 0;
}

std::map<std::string, int> try_what_is_refused(const std::string& folder) {
    const std::string file = folder + "/file";
    int ends[2];
    char* const arguments[] = {const_cast<char*>("true"), nullptr};
    std::map<std::string, int> errors;
    errors["open to read"] = error_of([&] { return open(file.c_str(), O_RDONLY); });
    errors["open to write"] = error_of([&] { return open(file.c_str(), O_WRONLY | O_CREAT, 0600); });
    errors["stat"] = error_of([&] {
        struct stat about {};
        return stat(file.c_str(), &about);
    });
    errors["unlink"] = error_of([&] { return unlink(file.c_str()); });
    errors["rename"] = error_of([&] { return rename(file.c_str(), (file + "2").c_str()); });
    errors["mkdir"] = error_of([&] { return mkdir(folder.c_str(), 0700); });
    errors["chdir"] = error_of([&] { return chdir(folder.c_str()); });
    errors["socket"] = error_of([&] { return socket(AF_INET, SOCK_STREAM, 0); });
    errors["unix socket"] = error_of([&] { return socket(AF_UNIX, SOCK_DGRAM, 0); });
    errors["socketpair"] = error_of([&] { return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); });
    if (!leaves_pipes) errors["pipe"] = error_of([&] { return pipe(ends); });
    errors["memfd_create"] = error_of([&] { return memfd_create("memory", 0); });
    errors["fork"] = error_of([&] {
        const int child = fork();
        if (child == 0) std::_Exit(0);
        return child;
    });
    errors["exec"] = error_of([&] { return execv("/bin/true", arguments); });
    errors["spawn"] = posix_spawn(nullptr, "/bin/true", nullptr, nullptr, arguments, environ);
    errors["kill our parent"] = error_of([&] { return kill(getppid(), 0); });
    errors["ptrace"] = error_of([&] { return syscall(SYS_ptrace, 0, 0, 0, 0); });
    errors["raise a limit"] = error_of([&] {
        rlimit now;
        getrlimit(RLIMIT_NOFILE, &now);
        return setrlimit(RLIMIT_NOFILE, &now);
    });
    errors["no such call"] = error_of([&] { return syscall(100'000); });
    return errors;
}

double compute_with_threads() {
    std::vector<double> parts(4);
    std::vector<std::thread> threads;
    std::mutex mutex;
    for (std::size_t i = 0; i < parts.size(); ++i)
        threads.emplace_back([&, i] {
            const std::vector<double> ones(500'000, 1.0); // large enough to be mapped
            for (const double each : ones) {
                parts[i] += each;
            }
            const std::lock_guard lock(mutex);
        });
    for (std::thread& each : threads)
        each.join();
    double sum = 0;
    for (const double each : parts)
        sum += each;
    return sum;
}

/// Everything else that a job may need of the system; throws where something does not work.
void use_what_is_left() {
    const auto need = [](bool worked, const char* what) {
        if (!worked) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
    };
    need(std::chrono::system_clock::now().time_since_epoch().count() > 0, "the time");
    std::this_thread::sleep_for(1ms);
    std::random_device random;
    need(random() != random() || random() != random(), "random numbers");
    void* memory = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED, "mmap");
    need(mprotect(memory, 1 << 20, PROT_READ) == 0, "mprotect");
    memory = mremap(memory, 1 << 20, 1 << 21, MREMAP_MAYMOVE);
    need(memory != MAP_FAILED, "mremap");
    need(munmap(memory, 1 << 21) == 0, "munmap");
    struct rusage used {};
    need(getrusage(RUSAGE_SELF, &used) == 0, "getrusage");
    rlimit limit{};
    need(getrlimit(RLIMIT_STACK, &limit) == 0, "getrlimit");
    need(std::signal(SIGUSR1, [](int) {}) != SIG_ERR, "signal");
    need(raise(SIGUSR1) == 0, "raise");
    need(kill(getpid(), SIGUSR1) == 0, "a signal to itself");
    need(std::thread::hardware_concurrency() > 0, "the number of cores");
    try {
        throw std::out_of_range("caught");
    } catch (const std::out_of_range&) {
    }
}

int kept_file = -1;
int kept_status = -1;
void open_first(const std::string& file) {
    kept_file = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    kept_status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}
std::string read_from(int file) {
    std::string text(8192, '\0');
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

std::atomic<bool> asked = false;
std::atomic<int> answer = -1;
void start_helper() {
    std::thread([] {
        while (!asked)
            std::this_thread::sleep_for(1ms);
        answer = error_of([] { return open("/dev/null", O_RDONLY); });
    }).detach();
}

/// Gives another thread a filter of its own: that of the whole process can no longer be set then.
void filter_one_thread() {
    std::atomic<bool> done = false;
    std::thread([&done] {
        sock_filter allow_all[] = {{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
        sock_fprog program{1, allow_all};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) std::abort();
        done = true;
        std::this_thread::sleep_for(1h);
    }).detach();
    while (!done)
        std::this_thread::sleep_for(1ms);
}

} // namespace

TEST_CASE("a job of a computing worker gets EPERM where it opens, starts or reaches something") {
    const test::temp_folder folder;
    folder.write("file", "content");
    const auto errors = compute(try_what_is_refused, folder.path());
    for (const auto& [call, error] : errors) {
        INFO(call << ": " << std::strerror(error));
        CHECK(error == EPERM);
    }
    CHECK(errors.size() == (leaves_pipes ? 18 : 19));
    CHECK(test::read_file(folder / "file") == "content");
}

TEST_CASE("without the limit the same calls succeed, or fail for another reason") {
    const test::temp_folder folder;
    folder.write("file", "content");
    process_pool pool(process_pool_options().workers(1));
    const auto open_it = [](const std::string& file) {
        return error_of([&] { return open(file.c_str(), O_RDONLY | O_CLOEXEC); });
    };
    const auto make_socket = [] { return error_of([] { return socket(AF_INET, SOCK_STREAM, 0); }); };
    CHECK(block_on(pool.run(open_it, folder / "file")) == 0);
    CHECK(block_on(pool.run(make_socket)) == 0);
}

TEST_CASE("a job of a computing worker has threads, memory, clocks, randomness and signals of its own") {
    CHECK(compute(compute_with_threads) == 2'000'000);
    CHECK_NOTHROW(compute(use_what_is_left));
}

TEST_CASE("large arguments and results reach and leave a computing worker") {
    const auto reversed = [](std::string text) {
        std::reverse(text.begin(), text.end());
        return text;
    };
    process_pool pool(computing());
    std::string large(20'000'000, 'a');
    large.front() = 'b';
    auto back = block_on(pool.run(reversed, large));
    std::reverse(back.begin(), back.end());
    CHECK(back == large);
}

TEST_CASE("what a job of a computing worker refuses to do is an error it can report") {
    process_pool pool(computing());
    const auto measure = [] { return std::filesystem::file_size("/etc/passwd"); };
    CHECK_THROWS_WITH(block_on(pool.run(measure)), Catch::Contains("Operation not permitted"));
    CHECK(block_on(pool.run(test::twice, 2)) == 4);
    CHECK(pool.statistics().died == 0);
}

TEST_CASE("a job of a computing worker is asked to stop, and terminated, like any other") {
    const test::temp_folder folder;
    process_pool pool(computing().grace(30s));
    auto stop = [&]() -> task<> {
        auto job = pool.submit([](std::stop_token token) {
            int said = 0;
            const std::stop_callback callback(token, [&] { said = 1; });
            while (!token.stop_requested() || said == 0)
                std::this_thread::sleep_for(1ms);
            throw std::runtime_error("stopped as asked");
        });
        while (pool.statistics().running == 0)
            co_await tandem::sleep(1ms);
        co_await tandem::sleep(20ms);
        job.cancel();
        std::ignore = co_await tandem::as_result(pool.run(test::twice, 1));
        auto deaf = pool.submit([] { std::this_thread::sleep_for(1h); });
        while (pool.statistics().running == 0)
            co_await tandem::sleep(1ms);
        co_await tandem::sleep(20ms);
        deaf.cancel();
        co_await pool.run(test::twice, 1);
    };
    block_on(stop());
    CHECK(pool.statistics().failed + pool.statistics().cancelled == 2);
}

TEST_CASE("a job of a computing worker that crashes dies as it would elsewhere") {
    process_pool pool(computing());
    try {
        block_on(pool.run([] {
            std::signal(SIGABRT, SIG_DFL);
            std::abort();
        }));
        FAIL("the job did not die");
    } catch (const tandem::worker_died& error) {
        CHECK(error.signal() == SIGABRT);
    }
}

TEST_CASE("a job of a computing worker logs and prints") {
    test::log_capture log_of;
    process_pool pool(computing());
    auto main = [&]() -> task<> {
        co_await pool.run([] {
            tandem::log(tandem::log_level::error, "logged");
            std::fputs("said\n", stderr);
        });
        co_await pool.stop();
    };
    block_on(main());
    const auto texts = log_of.texts();
    CHECK(std::count(texts.begin(), texts.end(), "logged") == 1);
    CHECK(std::count(texts.begin(), texts.end(), "said") == 1);
}

TEST_CASE("the filter comes after the initializer, and what that opened stays open") {
    const test::temp_folder folder;
    const std::string file = folder.write("table", "forty-two");
    process_pool pool(computing().initializer(open_first, file));
    CHECK(block_on(pool.run([] { return read_from(kept_file); })) == "forty-two");
    const std::string status = block_on(pool.run([] { return read_from(kept_status); }));
    CHECK_THAT(status, Catch::Contains("NoNewPrivs:\t1") && Catch::Contains("Seccomp:\t2"));
}

TEST_CASE("the filter holds for threads that there are already") {
    process_pool pool(computing().initializer(start_helper));
    const int error = block_on(pool.run([] {
        asked = true;
        while (answer < 0)
            std::this_thread::sleep_for(1ms);
        return answer.load();
    }));
    CHECK(error == EPERM);
}

TEST_CASE("a filter that cannot be set breaks the pool with an error that names it") {
    const test::nothing_left checked;
    process_pool pool(computing().initializer(filter_one_thread));
    CHECK_THROWS_WITH(block_on(pool.run(test::twice, 1)),
                      Catch::Contains("compute_only: seccomp: Device or resource busy"));
}

TEST_CASE("many workers that only compute come and go without a trace") {
    const test::nothing_left checked;
    process_pool pool(computing(2));
    auto numbers = [&]() -> task<int> {
        int sum = 0;
        std::vector<int> items(1000, 1);
        auto doubled = pool.map(test::twice, items, tandem::chunk(10));
        while (auto value = co_await doubled.next())
            sum += *value;
        co_await pool.stop();
        co_return sum;
    };
    CHECK(block_on(numbers()) == 2000);
    CHECK(pool.statistics().died == 0);
}
