// Time that passes as a test says.
#pragma once
#include <atomic>

#include <tandem/coro/loop.hpp>

namespace test {

/// Stands still until it is told to pass, by any thread: however long the machine stalls, no time-out runs
/// out.
class told_time final : public tandem::time_source {
  public:
    tandem::time_point now() noexcept override { return tandem::time_point(tandem::duration(now_)); }
    bool advance_to(tandem::time_point) noexcept override { return false; }
    void pass(tandem::duration time) noexcept { now_ += time.count(); }

  private:
    std::atomic<tandem::duration::rep> now_ = tandem::clock::now().time_since_epoch().count();
};

/// Runs `body()` on a loop of its own in told time.
template <class Body> void in_told_time(told_time& time, Body body) {
    tandem::loop here(tandem::loop_options().time(time));
    here.run(body());
}

} // namespace test
