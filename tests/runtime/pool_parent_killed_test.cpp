// Nothing survives the pool's process, in whichever phase it is killed.
#include <catch2/catch.hpp>

#include <csignal>
#include <poll.h>
#include <sstream>
#include <sys/syscall.h>
#include <unistd.h>

#include "support/child_process.hpp"

namespace {

/// A process that is no child of ours.
class watched_process {
  public:
    explicit watched_process(int pid)
        : descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
    watched_process(watched_process&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}
    ~watched_process() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    bool is_there() const {
        pollfd watched{descriptor_, POLLIN, 0};
        return descriptor_ >= 0 && ::poll(&watched, 1, 0) == 0;
    }
    /// False if it is still there after a minute.
    bool ends() const {
        pollfd watched{descriptor_, POLLIN, 0};
        return descriptor_ < 0 || ::poll(&watched, 1, 60'000) == 1;
    }

  private:
    int descriptor_;
};

/// Lets pool-parent get into a phase, kills it, and checks that all it has started ends.
void kill_in(const std::string& phase, std::size_t processes, std::vector<std::string> environment = {}) {
    test::child_options how;
    how.environment = std::move(environment);
    test::child_process parent({test::program("pool-parent"), phase}, how);
    parent.wait_for_output("ready");
    std::vector<watched_process> watched;
    std::istringstream lines(parent.output());
    for (int pid = 0; lines >> pid;)
        watched.emplace_back(pid);
    CHECK(watched.size() == processes);
    for (const watched_process& each : watched)
        CHECK(each.is_there());
    parent.signal(SIGKILL);
    for (const watched_process& each : watched)
        CHECK(each.ends());
    CHECK(parent.wait() == 128 + SIGKILL);
}

} // namespace

TEST_CASE("nothing survives a parent that is killed while its workers start") {
    kill_in("starting", 2, {"TANDEM_TEST_SLOW_START=1"});
}

TEST_CASE("nothing survives a parent that is killed while its worker waits for a job") {
    kill_in("idle", 1);
}

TEST_CASE("nothing survives a parent that is killed while jobs run in tight loops") {
    kill_in("busy", 2);
}

TEST_CASE("nothing survives a parent that is killed while it sends a large argument") {
    kill_in("sending", 1);
}

TEST_CASE("nothing survives a parent that is killed while it is sent a large result") {
    kill_in("receiving", 1);
}

TEST_CASE("nothing survives a parent that is killed while a job is asked to stop and does not") {
    kill_in("cancelling", 1);
}

TEST_CASE("nothing survives a parent that is killed while its pool stops and a worker does not exit") {
    kill_in("stopping", 1);
}

TEST_CASE("what a job has started does not survive a parent that is killed either") {
    kill_in("grandchild", 2);
}
