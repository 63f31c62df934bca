// Time in which only pauses pass, of one kind or the other, and time that passes as a test says.
#pragma once
#include <atomic>

#include <tandem/coro/loop.hpp>

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
