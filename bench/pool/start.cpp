// How long it takes until workers are there, at first and after one had to be killed.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <string>
#include <system_error>
#include <thread>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/threads/block_on.hpp>
#include <tandem/threads/job_cancelled.hpp>

#include "pool/bare_process.hpp"
#include "pool/measuring.hpp"
#include "pool/no_op.hpp"
#include "pool/suites.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

/// An empty file in the folder for temporary ones.
class meeting_place {
  public:
    meeting_place() {
        const int descriptor = ::mkstemp(path_.data());
        if (descriptor < 0) throw std::system_error(errno, std::generic_category(), path_);
        ::close(descriptor);
    }
    ~meeting_place() { ::unlink(path_.c_str()); }
    meeting_place(const meeting_place&) = delete;
    meeting_place& operator=(const meeting_place&) = delete;
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_ = "/tmp/bench-pool-XXXXXX";
};

off_t size_of_file(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_size : 0;
}

void add_byte(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND);
    if (descriptor < 0 || ::write(descriptor, "x", 1) != 1)
        throw std::system_error(errno, std::generic_category(), path);
    ::close(descriptor);
}

/// Returns once so many have come: so each of them is another worker.
void meet(const std::string& path, int count) {
    add_byte(path);
    while (size_of_file(path) < count)
        std::this_thread::sleep_for(50us);
}

void run_deaf(const std::string& path) {
    add_byte(path);
    volatile bool for_ever = true;
    while (for_ever) {
    }
}

tandem::task<double> start_milliseconds(std::size_t workers) {
    const meeting_place place;
    const stopwatch watch;
    tandem::process_pool pool(tandem::process_pool_options().workers(static_cast<unsigned>(workers)));
    auto jobs = [&](tandem::task_group& group) -> tandem::task<> {
        for (std::size_t i = 0; i < workers; ++i)
            group.spawn(pool.run(meet, place.path(), static_cast<int>(workers)));
        co_return;
    };
    co_await tandem::with_group(jobs);
    co_return watch.milliseconds();
}

double bare_milliseconds(std::size_t processes) {
    const stopwatch watch;
    std::deque<bare_process> started(processes);
    for (const bare_process& each : started)
        each.wait_until_there();
    return watch.milliseconds();
}

double killed_and_replaced_milliseconds() {
    std::optional<bare_process> process(std::in_place);
    process->wait_until_there();
    const stopwatch watch;
    process.emplace(); // the old one is killed and reaped first
    process->wait_until_there();
    return watch.milliseconds();
}

tandem::task<double> cancel_milliseconds(tandem::process_pool& pool) {
    const meeting_place place;
    auto deaf = pool.submit(run_deaf, place.path());
    while (size_of_file(place.path()) == 0)
        co_await tandem::sleep(1ms);
    const stopwatch watch;
    deaf.cancel();
    co_await pool.run(no_op, 1);
    co_return watch.milliseconds();
}

tandem::task<> cancellations(report& into, const options& chosen) {
    tandem::process_pool pool(tandem::process_pool_options().workers(1));
    co_await pool.run(no_op, 0);
    std::vector<double> own;
    std::vector<double> bare;
    for (int i = 0; i < chosen.times(30); ++i) {
        bare.push_back(killed_and_replaced_milliseconds());
        const double needed = co_await cancel_milliseconds(pool);
        own.push_back(needed);
    }
    into.add("cancel_to_ready", "floor", median(bare));
    into.add("cancel_to_ready", own_name, median(own));
}

} // namespace

void measure_start(report& into, const options& chosen) {
    if (!chosen.wants("pool_start")) return;
    const std::size_t workers = processors().size();
    std::vector<double> own;
    std::vector<double> bare;
    for (int i = 0; i < chosen.times(30); ++i) {
        bare.push_back(bare_milliseconds(workers));
        own.push_back(tandem::block_on(start_milliseconds(workers)));
    }
    into.add("pool_start", "floor", median(bare));
    into.add("pool_start", own_name, median(own));
}

void measure_cancellation(report& into, const options& chosen) {
    if (chosen.wants("cancel_to_ready")) tandem::block_on(cancellations(into, chosen));
}

} // namespace bench
