// The way in: from main() to a coroutine, with a loop around it.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <charconv>

#include <tandem/coro/loop.hpp>
#include <tandem/run/run_options.hpp>

namespace tandem {

namespace detail {

template <class T> constexpr bool is_vector = false;
template <class T> constexpr bool is_vector<std::vector<T>> = true;

[[noreturn]] TANDEM_API void throw_bad_number(std::string_view text);

/// A command-line argument as a `T`: text as it is, a number if all of it is one, else `T(text)`.
template <class T> T from_argument(const std::string& text) {
    if constexpr (std::is_arithmetic_v<T>) {
        T number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size()) throw_bad_number(text);
        return number;
    } else if constexpr (std::is_constructible_v<T, const std::string&>) {
        return T(text);
    } else {
        return T(std::string_view(text));
    }
}

/// Takes the parameters of an async_main from the command line one after the other.
class TANDEM_API argument_list {
  public:
    explicit argument_list(std::vector<std::string> words) noexcept
        : words_(std::move(words)) {}

    template <class T> T take() {
        if constexpr (is_vector<T>) {
            T all;
            while (next_ < words_.size())
                all.push_back(convert<typename T::value_type>());
            return all;
        } else {
            require_one_more();
            return convert<T>();
        }
    }
    void require_end() const;

  private:
    template <class T> T convert() {
        const std::size_t at = next_++;
        try {
            return from_argument<T>(words_[at]);
        } catch (const std::exception& error) {
            reject(at, error);
        }
    }
    void require_one_more() const;
    [[noreturn]] void reject(std::size_t at, const std::exception& error) const;

    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

/// The exit status of a task's value: what it says, 0 for void.
template <class T> task<int> exit_status(task<T> main) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(main);
        co_return 0;
    } else {
        co_return co_await std::move(main);
    }
}

using program = std::function<task<int>(argument_list&)>;
TANDEM_API int run_program(int argc, char** argv, const run_options& options, const program& main);

template <class Callable, class Result, class... Parameters>
int run_with_arguments(int argc, char** argv, const run_options& options, Callable& async_main) {
    return run_program(argc, argv, options, [&](argument_list& arguments) {
        // Braces: the arguments are taken from left to right.
        std::tuple<std::decay_t<Parameters>...> taken{arguments.take<std::decay_t<Parameters>>()...};
        arguments.require_end();
        return exit_status(std::apply([&](auto&... each) { return async_main(std::move(each)...); }, taken));
    });
}

template <class Callable, class Result, class... Parameters>
int run_callable(int argc, char** argv, const run_options& options, Callable& main,
                 Result (Callable::*)(Parameters...) const) {
    return run_with_arguments<Callable, Result, Parameters...>(argc, argv, options, main);
}
template <class Callable, class Result, class... Parameters>
int run_callable(int argc, char** argv, const run_options& options, Callable& main,
                 Result (Callable::*)(Parameters...)) {
    return run_with_arguments<Callable, Result, Parameters...>(argc, argv, options, main);
}

} // namespace detail

/// Runs a program whose main is a coroutine: `int main(int argc, char** argv) { return run(argc, argv,
/// async_main); }`
///
/// Each parameter of `async_main`, which takes its parameters by value, is made from one command-line
/// argument (a string, a number, or any type made from a string), a last std::vector from all that are left.
/// A missing, surplus or malformed one is a usage error: a line on stderr and exit status 2.
///
/// Returns what `async_main` returns (0 for void); 1 after an error, which is printed, and where `async_main`
/// was cancelled without a signal. SIGINT and SIGTERM
/// cancel the root scope: unless `async_main` still returns a status of its own, that is 130 or 143. The
/// second signal ends the process at once. In a process that was started as a worker of a process pool it
/// serves that pool and does not return.
///
/// SIGUSR1, unless the program handles it, has the tree of tasks written to stderr, and so has the second
/// signal before it ends the process, unless `silent_stop` is set; see dump_tasks. `options` and the
/// environment (TANDEM_DEBUG, TANDEM_OBSERVE) say what else is reported and who may look in.
template <class T, class... Parameters>
int run(int argc, char** argv, const run_options& options, task<T> (*async_main)(Parameters...)) {
    return detail::run_with_arguments<task<T>(Parameters...), task<T>, Parameters...>(argc, argv, options,
                                                                                      *async_main);
}
template <class T, class... Parameters> int run(int argc, char** argv, task<T> (*async_main)(Parameters...)) {
    return run(argc, argv, run_options(), async_main);
}

/// The same for a lambda or another object with one call operator.
template <class Callable>
    requires requires {
        &Callable::operator();
    }
int run(int argc, char** argv, const run_options& options, Callable async_main) {
    return detail::run_callable(argc, argv, options, async_main, &Callable::operator());
}
template <class Callable>
    requires requires {
        &Callable::operator();
    }
int run(int argc, char** argv, Callable async_main) {
    return run(argc, argv, run_options(), std::move(async_main));
}

} // namespace tandem
