// A program from its start to its end, which the loop waits for.
#include "micro/micro_pch.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tandem/io/subprocess.hpp>

extern char** environ;

namespace {

namespace asio = bench::asio;
using pidfd = asio::posix::basic_stream_descriptor<bench::executor>;

tandem::task<> run_true_again(benchmark::State& state) {
    const tandem::command what("/bin/true");
    for (auto _ : state) {
        tandem::subprocess child(what);
        const tandem::exit_status how = co_await child.wait();
        if (!how.success()) throw std::runtime_error("/bin/true failed");
    }
}

void in_tandem(benchmark::State& state) {
    tandem::block_on(run_true_again(state));
}

/// As short as it gets with what Asio has: no library of processes between.
bench::awaitable<> run_awaitable_true(bench::executor where) {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    pid_t child = 0;
    if (const int error = ::posix_spawn(&child, name, nullptr, nullptr, arguments, environ))
        throw std::system_error(error, std::generic_category(), name);
    const auto watched = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    if (watched < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
    pidfd ended(where, watched);
    co_await ended.async_wait(pidfd::wait_read, bench::use_awaitable);
    siginfo_t how{};
    if (::waitid(P_PIDFD, static_cast<id_t>(watched), &how, WEXITED) != 0 || how.si_status != 0)
        throw std::runtime_error("/bin/true failed");
}

void in_awaitable(benchmark::State& state) {
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        for (auto _ : state)
            co_await run_awaitable_true(where);
    });
}

BENCHMARK(in_tandem)->Name("subprocess/tandem")->UseRealTime();
BENCHMARK(in_awaitable)->Name("subprocess/awaitable")->UseRealTime();

} // namespace
