// The threads that call getaddrinfo, which blocks for as long as a name server pleases and cannot be
// interrupted.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include <tandem/base/metrics.hpp>
#include <tandem/io/endpoint.hpp>

namespace tandem::detail {

/// What getaddrinfo said: addresses with port 0, or an error.
struct lookup_outcome {
    std::error_code error;
    std::vector<endpoint> found;
};

/// One for the process, made on first use and never destroyed: a thread stuck in getaddrinfo may still use it
/// while the process exits. Thread safe.
class lookup_threads {
  public:
    using callback = std::function<void(const lookup_outcome&)>;
    struct lookup;

    /// Somebody's interest in a name: keeps the callback until it is called or dropped.
    struct request {
        callback done;
        std::shared_ptr<lookup> work;
    };

    static lookup_threads& instance();

    /// Looks `host` up and calls `done` on one of the threads, once. Throws std::system_error if not even one
    /// thread can be started.
    std::shared_ptr<request> start(const std::string& host, callback done);

    struct numbers {
        std::size_t under_way; ///< names that a thread is looking up, and somebody waits for
        std::size_t queued;
        std::size_t left; ///< names that nobody waits for any more
        std::size_t threads;
    };
    numbers statistics();

    /// Takes the interest back. `done` may be running already, but does not start any more.
    void abandon(const std::shared_ptr<request>& interest);

  private:
    lookup_threads();
    void want_thread();
    void start_thread();
    void serve();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    std::vector<std::shared_ptr<request>> finish(const std::shared_ptr<lookup>& work);

    std::mutex mutex_;
    std::condition_variable work_arrived_;
    /// Names that wait for a thread.
    std::deque<std::shared_ptr<lookup>> queue_;
    /// Names queued or under way, so that the second to ask for one shares the first's answer.
    std::map<std::string, std::shared_ptr<lookup>> by_name_;
    /// Threads that look for work or do some that is still wanted. As many as there are names, up to a limit:
    /// nothing tells a thread that is stuck behind a dead name server from one that is about to get its
    /// answer, and the names behind it must not wait to find out.
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
    /// Threads in a lookup that nobody waits for any more. They do not count against the limit, or a few dead
    /// name servers would stop all lookups; they have a limit of their own.
    std::size_t written_off_ = 0;
    std::uint64_t lookups_ = 0;
    metric_registration figures_;
};

} // namespace tandem::detail
