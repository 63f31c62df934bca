// Time that passes as fast as nothing happens: an hour of time-outs tests in milliseconds.
#pragma once
#include <tandem/coro/loop.hpp>

namespace tandem::testing {

/// A clock that stands still while anything can run, and jumps to the next timer when everything waits.
class virtual_time final : public time_source {
  public:
    time_point now() noexcept override { return now_; }
    bool advance_to(time_point next) noexcept override {
        now_ = next;
        return true;
    }

  private:
    /// Any start will do; one above zero leaves room for deadlines in the past.
    time_point now_ = time_point(std::chrono::hours(24));
};

/// As block_on, in virtual time. What comes from outside the loop (sockets, processes, other threads) takes
/// no virtual time: where a timer is pending, time jumps to it rather than wait for them.
template <class T> T run_virtual(task<T> work, loop_options options = {}) {
    virtual_time time;
    loop here(options.time(time));
    return here.run(std::move(work));
}
template <awaitable Work>
    requires(!detail::is_task<Work>)
decltype(auto) run_virtual(Work work, loop_options options = {}) {
    return run_virtual(detail::to_task(std::move(work)), options);
}

} // namespace tandem::testing
