// A piece of a file written over and over: what a loop pays for it that must not stand still meanwhile.
#include "micro/micro_pch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/thread_pool.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <tandem/io/file.hpp>

#include "micro/sockets.hpp"
#include "micro/temporary_file.hpp"

namespace {

namespace asio = bench::asio;

constexpr std::size_t KiB = 1024;

tandem::task<> write_over(benchmark::State& state, std::size_t size) {
    const bench::temporary_file path;
    auto file = co_await tandem::file::open(path.path(), tandem::file_options().write());
    const std::string bytes(size, 'x');
    for (auto _ : state)
        co_await file.write_at(0, bytes);
    co_await file.close();
}

void in_tandem(benchmark::State& state, std::size_t size) {
    tandem::block_on(write_over(state, size));
}

/// Runs `work` on the pool and goes on in the caller's context with what it returned.
template <class Work> auto in_pool(asio::thread_pool& pool, Work work) {
    const auto initiate = [&pool, work](auto handler) {
        auto back =
            asio::prefer(asio::get_associated_executor(handler), asio::execution::outstanding_work.tracked);
        asio::post(pool, [work, back, handler = std::move(handler)]() mutable {
            const ssize_t result = work();
            asio::post(back, [result, handler = std::move(handler)]() mutable { handler(result); });
        });
    };
    return asio::async_initiate<const asio::use_awaitable_t<bench::executor>, void(ssize_t)>(
        initiate, bench::use_awaitable);
}

void in_awaitable(benchmark::State& state, std::size_t size) {
    bench::run_awaitable([&](bench::executor) -> bench::awaitable<> {
        const bench::temporary_file file;
        const bench::descriptor opened(::open(file.path().c_str(), O_WRONLY | O_CLOEXEC));
        const std::string bytes(size, 'x');
        asio::thread_pool pool(1);
        // A context without any descriptor waits for a condition variable, not in epoll as a loop that serves
        // sockets does.
        asio::posix::stream_descriptor silent(co_await asio::this_coro::executor, ::eventfd(0, EFD_CLOEXEC));
        silent.async_wait(silent.wait_read, [](const boost::system::error_code&) {});
        const auto write = [&] { return ::pwrite(opened.get(), bytes.data(), bytes.size(), 0); };
        for (auto _ : state)
            if (co_await in_pool(pool, write) != static_cast<ssize_t>(size))
                throw std::runtime_error("pwrite failed");
    });
}

BENCHMARK_CAPTURE(in_tandem, , 4 * KiB)->Name("file_write_4KiB/tandem")->UseRealTime();
BENCHMARK_CAPTURE(in_awaitable, , 4 * KiB)->Name("file_write_4KiB/awaitable")->UseRealTime();
BENCHMARK_CAPTURE(in_tandem, , 1024 * KiB)->Name("file_write_1MiB/tandem")->UseRealTime();
BENCHMARK_CAPTURE(in_awaitable, , 1024 * KiB)->Name("file_write_1MiB/awaitable")->UseRealTime();

} // namespace
