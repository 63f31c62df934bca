// The steps of one loop, under a stop watch.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <source_location>

#include "coro/task_tree.hpp"
#include <tandem/base/clock.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/scheduler.hpp>

namespace tandem::detail {

/// Logs each step that takes longer than a limit. A lock for each step keeps the observer's thread out of
/// what the loop writes; it looks for steps that do not end.
class slow_step_watch final : public step_watch {
  public:
    slow_step_watch(loop& which, int thread, duration limit) noexcept
        : loop_(which)
        , thread_(thread)
        , limit_(limit) {}

    const loop& watched() const noexcept { return loop_; }

    /// Logs the step that runs if it has lasted `limit` or more, once. Any thread.
    void look_for_stuck_step(duration limit) noexcept;

  private:
    void step_begins(promise_base& task) noexcept override;
    void step_ends() noexcept override;

    /// A step that runs, or has just ended.
    struct step {
        time_point began;
        /// Where it went on: the await, and those around it, the innermost first.
        std::array<std::source_location, 8> from;
        std::size_t depth = 0;
        std::array<char, 64> name{};
        std::size_t name_length = 0;
        task_tree_reader::identity task;
    };
    void report(const step& slow, duration length) noexcept;

    loop& loop_;
    int thread_;
    duration limit_;
    std::mutex access_;
    bool runs_ = false;
    bool told_ = false;
    step step_;
};

} // namespace tandem::detail
