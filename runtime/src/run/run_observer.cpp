#include "run/run_observer.hpp"

#include <csignal>
#include <cstdlib>
#include <string_view>

#include "run/stop_signals.hpp"

namespace tandem::detail {
namespace {

bool is_wanted(const char* variable, bool otherwise) {
    const char* const text = std::getenv(variable);
    if (!text || !*text) return otherwise;
    return text != std::string_view("0");
}

observer_options with_environment(observer_options options) {
    options.debug(is_wanted("TANDEM_DEBUG", options.wants_debug()));
    options.observable(is_wanted("TANDEM_OBSERVE", options.is_observable()));
    return options;
}

bool has_default_action(int signal) {
    struct sigaction now {};
    return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_DFL;
}

} // namespace

run_observer::run_observer(const run_options& options)
    : observer_(with_environment(options.observing())) {
    if (has_default_action(SIGUSR1)) on_usr1_.emplace(SIGUSR1, [](int) noexcept { write_tasks_soon(); });
    if (!options.stops_silently()) stop_signals::set_last_words(&write_tasks_now);
}

run_observer::~run_observer() {
    stop_signals::set_last_words(nullptr);
}

} // namespace tandem::detail
