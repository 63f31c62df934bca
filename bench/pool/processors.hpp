// Where things run. A small machine's scheduler wakes a process up on the same processor or on another one as
// it likes, and the two differ by several times: what is to be compared is pinned.
#pragma once
#include <sched.h>

#include <vector>

namespace bench {

/// The processors that this process may use.
std::vector<int> processors();

/// Where the pool's process runs, and where its worker.
struct placement {
    int ours;
    int theirs;
};
placement same_processor();
/// Call it where there are two.
placement two_processors();

/// Keeps this thread, and what it starts, on a processor for as long as it lives.
class pinned {
  public:
    explicit pinned(int processor);
    ~pinned();
    pinned(const pinned&) = delete;
    pinned& operator=(const pinned&) = delete;

  private:
    cpu_set_t before_;
};

/// Moves every thread of another process to a processor.
void pin_process(int pid, int processor);

} // namespace bench
