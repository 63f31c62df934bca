// What a worker and its pool share, beside its pipes, to tell which job wrote what.
#pragma once
#include <atomic>
#include <cstdint>

namespace tandem::detail {

/// The pool reads a worker's output late, when others of its jobs may run already. So the worker writes a
/// mark into the pipe at a job's end if there is still something unread, and nothing if the job was silent.
///
/// The worker, at a job's end: has the pipe unread bytes, or is the pool reading? Then it writes the mark and
/// counts it in `marks`. `job` changes after that, when the next job begins. It does not even look after a
/// job that was done in less time than a write takes.
///
/// The pool, around each read: it raises `reading`, reads, looks at `job` and then at `marks`, and lowers
/// `reading`.
///
/// What lies in front of a mark belongs to the mark's job. As for what is left behind the last one: if more
/// marks have been counted than found, it belongs to the next, which is in the pipe already. Else it belongs
/// to `job`: had it been written by one before, that one had found either unread bytes or `reading` raised.
struct output_page {
    /// The job that runs, or ran last; 0 before the first.
    std::atomic<std::uint64_t> job{0};
    struct stream {
        std::atomic<std::uint32_t> reading{0};
        std::atomic<std::uint32_t> marks{0};
    };
    stream out;
    stream err;
    /// Their numbers follow this one, which may be any: so what a job prints does not pass for a mark by
    /// accident.
    std::uint32_t before_first_mark = 0;

    /// To be called before there is a worker.
    void begin_marks(std::uint32_t before_first) noexcept {
        before_first_mark = before_first;
        out.marks = err.marks = before_first;
    }
};

} // namespace tandem::detail
