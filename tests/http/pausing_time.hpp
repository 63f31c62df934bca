// Time in which only pauses pass, of one kind or the other; and with it, time that passes as a test says.
#pragma once
#include <chrono>

#include <tandem/coro/loop.hpp>

#include "support/told_time.hpp"

namespace test {

/// Jumps over waits of some seconds, which in a test only pauses between attempts are, and stands still while
/// sockets are waited for under time-outs of half a minute: these do not run out because a test has nothing
/// else to wait for.
class pausing_time final : public tandem::time_source {
  public:
    tandem::time_point now() noexcept override { return now_; }
    bool advance_to(tandem::time_point next) noexcept override {
        using namespace std::chrono_literals;
        if (next - now_ < 1500ms || next - now_ > 25s) return false;
        now_ = next;
        return true;
    }
    /// How much has passed.
    tandem::duration passed() const noexcept { return now_ - begin_; }

  private:
    const tandem::time_point begin_ = tandem::time_point(std::chrono::hours(24));
    tandem::time_point now_ = begin_;
};

/// Jumps over the pauses of a limited rate, which are shorter than a second, and over nothing else.
class paying_time final : public tandem::time_source {
  public:
    tandem::time_point now() noexcept override { return now_; }
    bool advance_to(tandem::time_point next) noexcept override {
        if (next - now_ > std::chrono::seconds(1)) return false;
        now_ = next;
        return true;
    }
    /// How much has passed.
    tandem::duration passed() const noexcept { return now_ - begin_; }

  private:
    const tandem::time_point begin_ = tandem::time_point(std::chrono::hours(24));
    tandem::time_point now_ = begin_;
};

/// Runs `body()` on a loop of its own in pausing time, and returns how much of it has passed.
template <class Body> tandem::duration in_pausing_time(Body body) {
    pausing_time time;
    {
        tandem::loop here(tandem::loop_options().time(time));
        here.run(body());
    }
    return time.passed();
}

/// The same with `body(time)` in paying time.
template <class Body> tandem::duration in_paying_time(Body body) {
    paying_time time;
    {
        tandem::loop here(tandem::loop_options().time(time));
        here.run(body(time));
    }
    return time.passed();
}

} // namespace test
