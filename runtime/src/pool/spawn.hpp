// Starting worker processes.
#pragma once
#include <memory>
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

class process_maker;

/// A descriptor for a worker, and the number it gets there.
struct handed_descriptor {
    unique_fd descriptor;
    int number;
};

/// What the pool holds of a worker: its ends of the sockets do not block, and no child inherits them.
struct spawned_worker {
    /// 0 where `maker` has yet to make the process, with what is in `theirs`.
    int pid = 0;
    std::shared_ptr<process_maker> maker;
    std::vector<handed_descriptor> theirs;
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

/// Makes all of it but the process. `shares_arena`: the worker is to map the arena. Throws std::system_error.
spawned_worker make_worker_ends(bool captures_stdout, bool shares_arena);

/// Starts this program once more, marked as a worker: in a process group of its own, with default signal
/// dispositions, nothing blocked, /dev/null as stdin, and no descriptor of ours but `setup`, the file of
/// worker_setup, which must be none of the numbers that a worker's own get, and stdout if that is not
/// captured. Throws std::system_error.
spawned_worker spawn_worker(marked_environment& environment, int setup, bool captures_stdout,
                            bool shares_arena);

} // namespace tandem::detail
