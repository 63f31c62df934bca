// The addresses of a name that was resolved before: from Tandem's cache. Asio keeps none and asks the system
// on a thread of its own each time.
#include "micro/micro_pch.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <tandem/io/resolver.hpp>

#include <netdb.h>
#include <unistd.h>

namespace {

namespace asio = bench::asio;

/// This machine's own name, which the system resolves without a network. Empty, and says so, where it does
/// not.
std::string known_host(benchmark::State& state) {
    char name[256] = {};
    ::gethostname(name, sizeof name - 1);
    addrinfo* found = nullptr;
    if (::getaddrinfo(name, nullptr, nullptr, &found) != 0) {
        state.SkipWithError("this machine cannot resolve its own name");
        return {};
    }
    ::freeaddrinfo(found);
    return name;
}

tandem::task<> resolve_again(benchmark::State& state, std::string host) {
    co_await tandem::resolve(host, 80);
    for (auto _ : state)
        benchmark::DoNotOptimize(co_await tandem::resolve(host, 80));
}

void in_tandem(benchmark::State& state) {
    const std::string host = known_host(state);
    if (!host.empty()) tandem::block_on(resolve_again(state, host));
}

void in_awaitable(benchmark::State& state) {
    const std::string host = known_host(state);
    if (host.empty()) return;
    bench::run_awaitable([&](bench::executor where) -> bench::awaitable<> {
        asio::ip::basic_resolver<asio::ip::tcp, bench::executor> resolver(where);
        for (auto _ : state)
            benchmark::DoNotOptimize(co_await resolver.async_resolve(host, "80", bench::use_awaitable));
    });
}

BENCHMARK(in_tandem)->Name("resolver_hit/tandem")->UseRealTime();
BENCHMARK(in_awaitable)->Name("resolver_hit/awaitable")->UseRealTime();

} // namespace
