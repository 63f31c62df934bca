#include "coro/loop_figures.hpp"

#include <algorithm>

namespace tandem::detail {

loop_figures::loop_figures(scheduler& of)
    : of_(of)
    , entry_([this](metric_list& into) {
        // The loop's own thread is told how it stands now.
        if (of_.is_on_this_thread()) publish(of_.ready_length());
        write(into);
    }) {}

void loop_figures::publish(std::size_t ready) noexcept {
    steps_ = of_.steps();
    ready_ = ready;
    tasks_ = of_.tasks_alive();
    timers_ = of_.timers().size();
    operations_ = of_.external_waits();
}

void loop_figures::write(metric_list& into) const {
    const metric_labels mine{{"loop", number_.text()}};
    const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
    constexpr double a_second = 1e9;
    into.counter("tandem_loop_steps_total", "Steps taken by tasks.", number(steps_), mine);
    into.counter("tandem_loop_looks_total", "Looks at I/O and timers.", number(looks_), mine);
    into.gauge("tandem_loop_ready_tasks", "Tasks in the ready queue.", number(ready_), mine);
    into.gauge("tandem_loop_tasks", "Spawned tasks that have not ended.", number(tasks_), mine);
    into.gauge("tandem_loop_timers", "Sleeps and deadlines that are armed.", number(timers_), mine);
    into.gauge("tandem_loop_operations_in_flight", "Waits of tasks for I/O, threads, processes and signals.",
               number(operations_), mine);
    into.histogram("tandem_loop_turn_seconds", "How long each turn kept the loop from looking at its I/O.",
                   turns_.snapshot(a_second), mine);
    into.histogram("tandem_loop_timer_lateness_seconds", "How long after its moment each timer fired.",
                   lateness_.snapshot(a_second), mine);
    const std::int64_t began = turn_began_;
    const std::int64_t held = began ? clock::now().time_since_epoch().count() - began : 0;
    into.gauge("tandem_loop_held_seconds", "How long the turn that runs has kept the loop from its I/O.",
               static_cast<double>(std::max<std::int64_t>(held, 0)) / a_second, mine);
}

} // namespace tandem::detail
