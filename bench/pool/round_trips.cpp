// One no-op job at a time.
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <string>

#include <tandem/coro/task_group.hpp>
#include <tandem/threads/block_on.hpp>

#include "pool/frames.hpp"
#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/partner.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

using times = std::vector<double>;

/// The middle over several rounds, of which each gives a median and a 99th percentile.
class rounds {
  public:
    void add(const times& round) {
        medians_.push_back(percentile(round, 0.5));
        tails_.push_back(percentile(round, 0.99));
    }
    void note(report& into, const std::string& name, const std::string& who) const {
        into.add(name, who, median(medians_));
        into.add(name + "_p99", who, median(tails_));
    }

  private:
    times medians_;
    times tails_;
};

times socket_ping_pong(placement where, int count) {
    const pinned here(where.ours);
    partner other(where.theirs, [](int socket) {
        char frame[small_frame];
        while (read_all(socket, frame, sizeof frame))
            write_all(socket, frame, sizeof frame);
    });
    char frame[small_frame] = {};
    times needed;
    for (int i = 0; i < count; ++i) {
        const stopwatch watch;
        write_all(other.socket(), frame, sizeof frame);
        read_all(other.socket(), frame, sizeof frame);
        needed.push_back(watch.microseconds());
    }
    return needed;
}

/// A word that one side sets and the other waits for.
class baton {
  public:
    void pass(unsigned to) {
        word_.store(to);
        ::syscall(SYS_futex, &word_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }
    /// Returns it once it is no longer `from`.
    unsigned wait_while(unsigned from) {
        unsigned now = 0;
        while ((now = word_.load()) == from)
            ::syscall(SYS_futex, &word_, FUTEX_WAIT, from, nullptr, nullptr, 0);
        return now;
    }

  private:
    std::atomic<unsigned> word_;
};

times futex_ping_pong(placement where, int count) {
    constexpr unsigned idle = 0;
    constexpr unsigned asked = 1;
    constexpr unsigned over = 2;
    const pinned here(where.ours);
    const shared_memory memory(sizeof(baton)); // zeroed: idle
    baton& shared = *static_cast<baton*>(memory.data());
    partner other(where.theirs, [&](int) {
        while (shared.wait_while(idle) == asked)
            shared.pass(idle);
    });
    times needed;
    for (int i = 0; i < count; ++i) {
        const stopwatch watch;
        shared.pass(asked);
        shared.wait_while(asked);
        needed.push_back(watch.microseconds());
    }
    shared.pass(over);
    return needed;
}

tandem::task<> call_again(tandem::process_pool& pool, int count, times& needed) {
    for (int i = 0; i < count; ++i) {
        const stopwatch watch;
        co_await pool.run(no_op, i);
        needed.push_back(watch.microseconds());
    }
}

tandem::task<> round_trips(report& into, const options& chosen, std::string name, placement where,
                           tandem::process_pool_options how = {}) {
    if (!chosen.wants(name) && !chosen.wants(name + "_p99")) co_return;
    const int count = chosen.times(2000);
    rounds by_socket;
    rounds by_futex;
    rounds own;
    placed_pool pool(where, how);
    co_await pool.start();
    times warming;
    co_await call_again(*pool, chosen.times(200), warming);
    // In turn, so that a disturbance meets all of them.
    for (int round = 0; round < chosen.times(5); ++round) {
        by_socket.add(socket_ping_pong(where, count));
        times needed;
        co_await call_again(*pool, count, needed);
        own.add(needed);
        by_futex.add(futex_ping_pong(where, count));
    }
    by_socket.note(into, name, "floor");
    by_futex.note(into, name, "futex");
    own.note(into, name, own_name);
}

tandem::task<> many_workers(report& into, const options& chosen) {
    const std::string name = "roundtrip_many";
    if (!chosen.wants(name) && !chosen.wants(name + "_p99")) co_return;
    const std::size_t workers = 2 * processors().size();
    tandem::process_pool pool(tandem::process_pool_options().workers(static_cast<unsigned>(workers)));
    const int count = chosen.times(2000);
    rounds own;
    for (int round = 0; round <= chosen.times(5); ++round) {
        times needed;
        auto callers = [&](tandem::task_group& group) -> tandem::task<> {
            for (std::size_t i = 0; i < workers; ++i)
                group.spawn(call_again(pool, count, needed));
            co_return;
        };
        co_await tandem::with_group(callers);
        if (round > 0) own.add(needed); // the first starts the workers
    }
    own.note(into, name, own_name);
}

} // namespace

void measure_round_trips(report& into, const options& chosen) {
    tandem::block_on(round_trips(into, chosen, "roundtrip_same_cpu", same_processor()));
    if (processors().size() > 1) {
        tandem::block_on(round_trips(into, chosen, "roundtrip_two_cpus", two_processors()));
        tandem::process_pool_options spinning;
        spinning.spin(std::chrono::microseconds(200));
        tandem::block_on(round_trips(into, chosen, "roundtrip_two_cpus_spin", two_processors(), spinning));
    }
    tandem::block_on(many_workers(into, chosen));
}

} // namespace bench
