// Programs in one: `run-modes MODE argument...` calls tandem::run with the arguments as if MODE were its
// name.
#include <tandem/coro/shield.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/io/signal_stream.hpp>
#include <tandem/run.hpp>
#include <tandem/sync/event.hpp>

#include <csignal>
#include <iostream>
#include <map>
#include <stdexcept>

#include <unistd.h>

using namespace std::chrono_literals;
using tandem::task;

namespace {

/// A type made from a command-line argument, which refuses what is too warm.
class celsius {
  public:
    explicit celsius(std::string_view text)
        : degrees_(std::stoi(std::string(text))) {
        if (degrees_ > 100) throw std::invalid_argument("'" + std::string(text) + "' boils");
    }
    int degrees() const { return degrees_; }

  private:
    int degrees_;
};

task<int> echo(std::string text, int number, double ratio, std::vector<celsius> rest) {
    std::cout << text << '|' << number << '|' << ratio;
    for (const auto& each : rest)
        std::cout << '|' << each.degrees();
    std::cout << '\n';
    co_return 0;
}
task<int> small(std::uint8_t number) {
    co_await tandem::yield();
    co_return number;
}
task<> nothing() {
    co_await tandem::yield();
}
task<int> fail() {
    co_await tandem::yield();
    throw std::runtime_error("the cause");
}
task<> fail_oddly() {
    throw 5;
    co_return;
}

task<> wait_for_ever() {
    std::cout << "ready" << std::endl;
    co_await tandem::sleep(tandem::duration::max());
}
task<int> wait_and_sum_up() {
    try {
        co_await wait_for_ever();
    } catch (const tandem::cancelled& stop) {
        std::cout << (stop.reason() == tandem::cancel_reason::interrupted ? "interrupted" : "odd") << '\n';
    }
    co_return 7;
}
task<> wait_and_clean_up() {
    auto cleanup = []() -> task<> {
        co_await tandem::sleep(5ms);
        std::cout << "cleaned up" << std::endl;
    };
    co_await tandem::with_cleanup(wait_for_ever(), cleanup);
}
task<> cancel_all() {
    tandem::loop::current().root()->cancel();
    co_await tandem::yield();
}
task<> post_error() {
    tandem::loop::current().post([] { throw std::runtime_error("of the posted function"); });
    co_await tandem::sleep(tandem::duration::max());
}
task<> deadlock() {
    tandem::event never;
    co_await never.wait();
}
task<> deadlock_behind_shield() {
    co_await tandem::shield(deadlock());
}
/// Never comes back to its loop; says when a signal has come all the same.
task<> stuck() {
    sigset_t stops, before;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &stops, &before); // none is missed before the wait for it
    std::cout << "ready" << std::endl;
    ::sigsuspend(&before);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    std::cout << "signalled" << std::endl;
    for (;;)
        ::pause();
    co_return;
}
/// Takes two SIGTERMs for itself, then none.
task<> take_two_terms() {
    {
        tandem::signal_stream terms(SIGTERM);
        std::cout << "ready" << std::endl;
        for (int i = 1; i <= 2; ++i) {
            const auto number = co_await terms.next();
            std::cout << "took " << *number << " for the " << (i == 1 ? "first" : "second") << " time"
                      << std::endl;
        }
    }
    std::cout << "let go" << std::endl;
    co_await tandem::sleep(tandem::duration::max());
}

} // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    --argc;
    ++argv;
    const std::string base = "forty";
    if (mode == "echo") return tandem::run(argc, argv, echo);
    if (mode == "small") return tandem::run(argc, argv, small);
    if (mode == "nothing") return tandem::run(argc, argv, nothing);
    if (mode == "lambda")
        return tandem::run(argc, argv, [base](int more) -> task<int> {
            co_await tandem::yield();
            co_return static_cast<int>(base.size()) + more;
        });
    if (mode == "fail") return tandem::run(argc, argv, fail);
    if (mode == "fail-oddly") return tandem::run(argc, argv, fail_oddly);
    if (mode == "wait") return tandem::run(argc, argv, wait_for_ever);
    if (mode == "sum-up") return tandem::run(argc, argv, wait_and_sum_up);
    if (mode == "clean-up") return tandem::run(argc, argv, wait_and_clean_up);
    if (mode == "take-two-terms") return tandem::run(argc, argv, take_two_terms);
    if (mode == "stuck") return tandem::run(argc, argv, stuck);
    if (mode == "stuck-silently") return tandem::run(argc, argv, tandem::run_options().silent_stop(), stuck);
    if (mode == "clean-up-silently")
        return tandem::run(argc, argv, tandem::run_options().silent_stop(), wait_and_clean_up);
    if (mode == "cancel-all") return tandem::run(argc, argv, cancel_all);
    if (mode == "post-error") return tandem::run(argc, argv, post_error);
    if (mode == "deadlock") return tandem::run(argc, argv, deadlock);
    if (mode == "deadlock-behind-shield") return tandem::run(argc, argv, deadlock_behind_shield);
    std::cerr << "run-modes: no mode '" << mode << "'\n";
    return 99;
}
