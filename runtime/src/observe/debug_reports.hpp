// What a program that is debugged is told about its tasks.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "coro/running_loops.hpp"
#include "observe/slow_step_watch.hpp"

namespace tandem::detail {

/// While it lives, the loops that begin are watched, and tasks that are dropped unused are named. One at a
/// time.
class debug_reports final : private loop_visitor {
  public:
    explicit debug_reports(duration slow_step);
    debug_reports(const debug_reports&) = delete;
    debug_reports& operator=(const debug_reports&) = delete;
    /// The loops have ended.
    ~debug_reports();

    /// How often somebody should look for steps that do not end.
    duration period() const noexcept { return slow_step_; }
    void look_for_stuck_steps() noexcept;

  private:
    void loop_begins(loop& which, int thread) noexcept override;
    void loop_ends(loop& which) noexcept override;

    duration slow_step_;
    std::mutex access_;
    std::vector<std::unique_ptr<slow_step_watch>> watches_;
};

} // namespace tandem::detail
