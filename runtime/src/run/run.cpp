#include <tandem/run.hpp>

#include <cstdio>
#include <optional>

#include <tandem/pool/worker.hpp>

#include "coro/loop_context.hpp"
#include "run/run_observer.hpp"
#include "run/stop_signals.hpp"

namespace tandem::detail {
namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;
constexpr int killed_by = 128;

/// A command line that async_main cannot take.
class bad_command_line : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

const char* program_name(const char* path) {
    const char* name = path;
    for (const char* at = path; *at; ++at)
        if (*at == '/') name = at + 1;
    return name;
}

task<int> main_with_signals(task<int> main, std::optional<stop_signals>& signals) {
    signals.emplace(loop::current().io().io, *loop::current().root());
    co_return co_await std::move(main);
}

int run_main(task<int> main, const run_options& options, const char* name) {
    const run_observer observed(options);
    loop here;
    std::optional<stop_signals> signals;
    main.promise().set_name("main");
    try {
        return here.run(main_with_signals(std::move(main), signals));
    } catch (const cancelled&) {
        const int signal = signals ? signals->received() : 0;
        if (signal == 0) {
            std::fprintf(stderr, "%s: cancelled, though no signal asked for it\n", name);
            return failed;
        }
        if (!options.stops_silently()) std::fprintf(stderr, "%s: interrupted\n", name);
        return killed_by + signal;
    }
}

} // namespace

void throw_bad_number(std::string_view text) {
    throw std::invalid_argument("'" + std::string(text) + "' is not a number of the kind wanted");
}

void argument_list::require_one_more() const {
    if (next_ == words_.size())
        throw bad_command_line("argument " + std::to_string(next_ + 1) + " is missing");
}

void argument_list::require_end() const {
    if (next_ < words_.size()) throw bad_command_line("surplus argument '" + words_[next_] + "'");
}

void argument_list::reject(std::size_t at, const std::exception& error) const {
    throw bad_command_line("argument " + std::to_string(at + 1) + ": " + error.what());
}

int run_program(int argc, char** argv, const run_options& options, const program& main) {
    worker_entry(argc, argv);
    const char* name = argc > 0 ? program_name(argv[0]) : "program";
    try {
        argument_list arguments(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
        return run_main(main(arguments), options, name);
    } catch (const bad_command_line& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
        return wrong_usage;
    } catch (...) {
        std::fprintf(stderr, "%s: %s\n", name, describe(std::current_exception()).c_str());
        return failed;
    }
}

} // namespace tandem::detail
