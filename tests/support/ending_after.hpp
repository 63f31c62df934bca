// Tasks that end after a while.
#pragma once
#include <stdexcept>
#include <string>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task.hpp>

namespace test {

template <class T> tandem::task<T> value_after(tandem::duration pause, T value) {
    co_await tandem::sleep(pause);
    co_return value;
}

/// Fails with a std::runtime_error.
template <class T = int> tandem::task<T> fail_after(tandem::duration pause, std::string what = "failed") {
    co_await tandem::sleep(pause);
    throw std::runtime_error(what);
}

} // namespace test
