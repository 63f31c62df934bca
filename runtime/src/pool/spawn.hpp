// Starting worker processes.
#pragma once
#include <vector>

#include "io/unique_fd.hpp"
#include "pool/marked_environment.hpp"
#include "pool/shared_page.hpp"
#include "pool/worker_places.hpp"

namespace tandem::detail {

/// The memory of a shared_page, mapped.
class page_mapping {
  public:
    page_mapping() noexcept = default;
    /// Throws std::system_error.
    explicit page_mapping(int descriptor);
    page_mapping(page_mapping&& other) noexcept
        : page_(std::exchange(other.page_, nullptr)) {}
    page_mapping& operator=(page_mapping&& other) noexcept {
        std::swap(page_, other.page_);
        return *this;
    }
    ~page_mapping();
    shared_page* operator->() const noexcept { return page_; }

  private:
    shared_page* page_ = nullptr;
};

/// What the pool holds of a worker: its ends of the sockets do not block, and no child inherits them.
struct spawned_worker {
    int pid = 0;
    /// Becomes readable when the worker ends.
    unique_fd ended;
    unique_fd data;
    unique_fd control;
    /// Of its stdout; none where it has ours.
    unique_fd output;
    unique_fd error_output;
    page_mapping page;
    worker_place place;
};

/// A descriptor for a worker, and the number it gets there.
struct handed_descriptor {
    unique_fd descriptor;
    int number;
};

/// What a worker and its pool hold of each other.
struct worker_ends {
    spawned_worker ours;
    std::vector<handed_descriptor> theirs;
};

/// Makes it, but for the process. Throws std::system_error.
worker_ends make_worker_ends(bool captures_stdout);

/// Starts this program once more, marked as a worker: in a process group of its own, with default signal
/// dispositions, nothing blocked, /dev/null as stdin, and no descriptor of ours but `setup`, the file of
/// worker_setup, which must be none of the numbers that a worker's own get, and stdout if that is not
/// captured. Throws std::system_error.
spawned_worker spawn_worker(marked_environment& environment, int setup, bool captures_stdout);

} // namespace tandem::detail
