// Who makes workers' processes, where their pool's process is not their parent.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pool/zygote_talk.hpp"

namespace tandem::detail {

class worker_link;
struct handed_descriptor;

class process_maker {
  public:
    virtual ~process_maker() = default;
    /// Has a process made that gets these descriptors. Later calls `worker->has_process` or `has_no_process`.
    virtual void make(std::shared_ptr<worker_link> worker, std::vector<handed_descriptor> theirs,
                      unsigned place) = 0;
    /// Has the process reaped, which has ended. Later, or at once, calls `worker->reaped`.
    virtual void reap(std::shared_ptr<worker_link> worker, int pid) = 0;
};

} // namespace tandem::detail
