#include <catch2/catch.hpp>

#include <tandem/coro/timer.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

using tandem::time_point;
using tandem::detail::timer_queue;

namespace {

class test_timer final : public tandem::detail::timer {
  public:
    std::function<void()> call;

  private:
    void expired() noexcept override {
        if (call) call();
    }
};

time_point at(int tick) {
    return time_point(tandem::duration(tick));
}

} // namespace

TEST_CASE("timers expire in the order of their moments, equal ones in the order of their arming") {
    timer_queue queue;
    std::vector<int> expired;
    std::vector<test_timer> timers(6);
    const int moments[] = {30, 10, 20, 10, 40, 10};
    for (int i = 0; i < 6; ++i) {
        timers[i].call = [&, i] { expired.push_back(i); };
        queue.arm(timers[i], at(moments[i]));
    }
    CHECK(queue.next() == at(10));
    queue.expire(at(9));
    CHECK(expired.empty());
    queue.expire(at(30));
    CHECK(expired == std::vector<int>{1, 3, 5, 2, 0});
    CHECK(queue.size() == 1);
    CHECK(timers[4].is_armed());
    CHECK_FALSE(timers[0].is_armed());
    queue.disarm(timers[4]);
    queue.disarm(timers[4]);
    CHECK(queue.empty());
}

TEST_CASE("a timer that is armed by one that expires waits for the next look at the queue") {
    timer_queue queue;
    int expired = 0;
    test_timer again;
    again.call = [&] {
        ++expired;
        queue.arm(again, at(0));
    };
    queue.arm(again, at(0));
    queue.expire(at(5));
    CHECK(expired == 1);
    queue.expire(at(5));
    CHECK(expired == 2);
    queue.disarm(again);
}

TEST_CASE("a timer that is disarmed by one that expires does not expire") {
    timer_queue queue;
    bool second_expired = false;
    test_timer first, second;
    first.call = [&] { queue.disarm(second); };
    second.call = [&] { second_expired = true; };
    queue.arm(first, at(1));
    queue.arm(second, at(1));
    queue.expire(at(1));
    CHECK_FALSE(second_expired);
    CHECK(queue.empty());
}

TEST_CASE("a timer queue behaves as a sorted list does, whatever is armed and disarmed") {
    std::mt19937 random(20261121);
    timer_queue queue;
    // The model: moment and order of arming to the timer's number.
    std::map<std::pair<int, int>, int> model;
    std::map<int, std::pair<int, int>> armed;
    constexpr int count = 300;
    std::vector<test_timer> timers(count);
    std::vector<int> expired;
    for (int i = 0; i < count; ++i)
        timers[i].call = [&, i] { expired.push_back(i); };
    int order = 0;
    int now = 0;
    for (int step = 0; step < 20'000; ++step) {
        const int which = static_cast<int>(random() % count);
        const unsigned what = random() % 16;
        if (what < 8 && !armed.count(which)) {
            const std::pair<int, int> key(now + static_cast<int>(random() % 100) - 5, order++);
            queue.arm(timers[which], at(key.first));
            model[key] = which;
            armed[which] = key;
        } else if (what < 14) {
            queue.disarm(timers[which]);
            if (armed.count(which)) model.erase(armed[which]);
            armed.erase(which);
        } else {
            now += static_cast<int>(random() % 4);
            expired.clear();
            queue.expire(at(now));
            std::vector<int> expected;
            while (!model.empty() && model.begin()->first.first <= now) {
                expected.push_back(model.begin()->second);
                armed.erase(model.begin()->second);
                model.erase(model.begin());
            }
            REQUIRE(expired == expected);
        }
        REQUIRE(queue.size() == model.size());
        if (!model.empty()) REQUIRE(queue.next() == at(model.begin()->first.first));
    }
    for (auto& each : timers)
        queue.disarm(each);
    CHECK(queue.empty());
}

TEST_CASE("a timer that is armed for a length of time counts from when the queue is settled") {
    timer_queue queue;
    std::vector<int> expired;
    std::vector<test_timer> timers(4);
    for (int i = 0; i < 4; ++i)
        timers[i].call = [&, i] { expired.push_back(i); };
    queue.arm_for(timers[0], tandem::duration(10));
    queue.arm_for(timers[1], tandem::duration(5));
    queue.arm_for(timers[2], tandem::duration(10));
    queue.arm(timers[3], at(110));
    CHECK(queue.size() == 4);
    CHECK_FALSE(queue.is_settled());
    queue.settle(at(100));
    CHECK(queue.is_settled());
    CHECK(queue.next() == at(105));
    queue.expire(at(109));
    CHECK(expired == std::vector<int>{1});
    queue.expire(at(110));
    CHECK(expired == std::vector<int>{1, 0, 2, 3}); // equal moments in the order of the arming
    CHECK(queue.empty());
}

TEST_CASE("a timer can be disarmed before it is settled, in any order") {
    timer_queue queue;
    std::vector<test_timer> timers(5);
    for (auto& each : timers)
        queue.arm_for(each, tandem::duration(3));
    for (int which : {1, 4, 0}) {
        queue.disarm(timers[which]);
        CHECK_FALSE(timers[which].is_armed());
    }
    CHECK(queue.size() == 2);
    queue.settle(at(0));
    CHECK(queue.next() == at(3));
    int expired = 0;
    for (auto& each : timers)
        each.call = [&] { ++expired; };
    queue.expire(at(3));
    CHECK(expired == 2);
    CHECK(queue.empty());
}

TEST_CASE("a length of time that reaches beyond the clock never ends") {
    timer_queue queue;
    test_timer endless;
    queue.arm_for(endless, tandem::duration::max());
    queue.settle(at(1));
    CHECK_FALSE(endless.is_armed());
    CHECK(queue.empty());
}
