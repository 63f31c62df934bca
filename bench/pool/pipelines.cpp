// Many no-op jobs at a time, and maps.
#include <numeric>
#include <string>

#include <tandem/coro/task_group.hpp>
#include <tandem/threads/block_on.hpp>

#include "pool/frames.hpp"
#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

tandem::task<> call_until_done(tandem::process_pool& pool, int& left) {
    while (left > 0) {
        --left;
        co_await pool.run(no_op, left);
    }
}

tandem::task<> call_many(tandem::process_pool& pool, std::size_t window, int count) {
    int left = count;
    auto callers = [&](tandem::task_group& group) -> tandem::task<> {
        for (std::size_t i = 0; i < window; ++i)
            group.spawn(call_until_done(pool, left));
        co_return;
    };
    co_await tandem::with_group(callers);
}

tandem::task<> pipeline(report& into, const options& chosen, std::string name, std::size_t window,
                        placement where) {
    if (!chosen.wants(name)) co_return;
    const int jobs = chosen.times(10'000);
    const int frames = chosen.times(100'000);
    std::vector<double> own;
    std::vector<double> raw;
    placed_pool pool(where);
    co_await pool.start();
    co_await call_many(*pool, window, chosen.times(500));
    for (int round = 0; round < chosen.times(5); ++round) {
        raw.push_back(raw_frames_per_second(where, window, small_frame, static_cast<std::size_t>(frames)));
        const stopwatch watch;
        co_await call_many(*pool, window, jobs);
        own.push_back(jobs / watch.seconds());
    }
    into.add(name, "floor", median(raw));
    into.add(name, own_name, median(own));
}

constexpr std::size_t chunk_items = 256;

tandem::task<double> items_per_second(tandem::process_pool& pool, const std::vector<int>& numbers) {
    const stopwatch watch;
    auto values = pool.map(no_op, numbers, tandem::chunk(chunk_items));
    std::size_t come = 0;
    while (co_await values.next())
        ++come;
    if (come != numbers.size()) throw std::logic_error("map has lost items");
    co_return static_cast<double>(come) / watch.seconds();
}

tandem::task<> map_numbers(report& into, const options& chosen) {
    std::vector<int> numbers(static_cast<std::size_t>(chosen.times(10'000)) * chunk_items);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<double> own;
    std::vector<double> raw;
    tandem::process_pool pool;
    co_await items_per_second(pool, std::vector<int>(numbers.begin(), numbers.begin() + chunk_items * 8));
    const placement where = processors().size() > 1 ? two_processors() : same_processor();
    for (int round = 0; round < chosen.times(5); ++round) {
        // As many chunks are on their way as a map keeps.
        const double frames = raw_frames_per_second(where, 2 * processors().size(), chunk_items * sizeof(int),
                                                    numbers.size() / chunk_items);
        raw.push_back(frames * static_cast<double>(chunk_items));
        const double items = co_await items_per_second(pool, numbers);
        own.push_back(items);
    }
    into.add("map_chunk256", "floor", median(raw));
    into.add("map_chunk256", own_name, median(own));
}

} // namespace

void measure_pipelines(report& into, const options& chosen) {
    if (processors().size() > 1) {
        tandem::block_on(pipeline(into, chosen, "pipelined", 32, two_processors()));
        tandem::block_on(pipeline(into, chosen, "pipelined_8", 8, two_processors()));
    }
    tandem::block_on(pipeline(into, chosen, "pipelined_same_cpu", 32, same_processor()));
    tandem::block_on(pipeline(into, chosen, "pipelined_8_same_cpu", 8, same_processor()));
}

void measure_map(report& into, const options& chosen) {
    if (chosen.wants("map_chunk256")) tandem::block_on(map_numbers(into, chosen));
}

} // namespace bench
