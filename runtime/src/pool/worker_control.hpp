// The thread of a worker that listens while a job runs.
#pragma once
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace tandem::detail {

/// What the pool sends on the control socket, one a packet.
struct stop_request {
    std::uint64_t job = 0;
};

/// The job that runs, as the control thread sees it.
class current_job {
  public:
    /// The token of a job that begins.
    std::stop_token begin(std::uint64_t job);
    void end();
    /// Asks the job to stop if it runs, or else when it begins: the request may overtake a large frame.
    void stop(std::uint64_t job);

  private:
    std::mutex mutex_;
    std::uint64_t running_ = 0;
    std::uint64_t stopped_ = 0;
    std::stop_source source_{std::nostopstate};
};

/// A descriptor that becomes readable when the parent of this process, which must be `parent`, ends. Ends
/// this process where it has ended already.
int watch_parent(int parent);

/// Starts the thread. It passes stop requests on to `job`, and ends the process at once, even in the middle
/// of a job, when `parent`, the pidfd of the pool's process, becomes readable or the pool has closed the
/// control socket.
void start_control_thread(int parent, current_job& job);

} // namespace tandem::detail
