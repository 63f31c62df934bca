// asio::awaitable as one uses it who wants it fast: what each case is held against.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>

namespace bench {

namespace asio = boost::asio;

/// The context's own executor in place of any_io_executor, which costs an indirect call and more at each
/// step.
using executor = asio::io_context::executor_type;
template <class T = void> using awaitable = asio::awaitable<T, executor>;
inline constexpr asio::use_awaitable_t<executor> use_awaitable;
using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, executor>;
/// A message that says nothing, for channels that serve as events and locks.
using signal_channel = asio::experimental::channel<executor, void(boost::system::error_code)>;

/// Ends the program on an error, which no case expects.
inline constexpr auto must_succeed = [](const std::exception_ptr& error, auto&&...) {
    if (error) std::rethrow_exception(error);
};

/// Runs `work(executor)` to its end on a context of its own, as tandem::block_on does.
template <class Work> void run_awaitable(Work work) {
    asio::io_context io{1};
    asio::co_spawn(io, work(io.get_executor()), must_succeed);
    io.run();
}

/// Lets the others run first, as tandem::yield does.
inline auto yield(const executor& where) {
    return asio::post(where, use_awaitable);
}

/// Runs `count` coroutines that `make` makes beside each other and waits for all of them.
template <class Make> awaitable<> run_beside(executor where, std::size_t count, Make make) {
    signal_channel all_ended(where, 1);
    std::size_t running = count;
    const auto ended = [&](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
        if (--running == 0) all_ended.try_send(boost::system::error_code());
    };
    for (std::size_t i = 0; i < count; ++i)
        asio::co_spawn(where, make(), ended);
    co_await all_ended.async_receive(use_awaitable);
}

} // namespace bench
