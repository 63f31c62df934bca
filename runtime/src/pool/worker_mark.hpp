// How a process knows that it was started as a worker, and what it finds then.
#pragma once
#include <optional>
#include <string>

namespace tandem::detail {

/// Where a worker finds what its pool gives it. The pool puts them there, and nothing above.
inline constexpr int worker_data = 3;       ///< stream socket: frames
inline constexpr int worker_control = 4;    ///< packet socket: requests to stop a job
inline constexpr int worker_page = 5;       ///< memory shared with the pool: the states of its jobs
inline constexpr int worker_setup_file = 6; ///< see worker_setup; closed once it is mapped
inline constexpr int worker_arena_file = 7; ///< large payloads; closed once it is mapped
inline constexpr int worker_descriptors = 8;

/// "TANDEM_WORKER=<protocol version>:<pid of the pool's process>:<place>:<worker or zygote>" in the
/// environment.
inline constexpr const char* worker_mark_name = "TANDEM_WORKER";

/// The exit status of a worker to be whose main does not call worker_entry; EX_CONFIG of sysexits.h.
inline constexpr int forgotten_worker_entry = 78;

/// For messages about workers that never report.
inline constexpr const char* worker_entry_cure =
    " (main has to call tandem::worker_entry(argc, argv) first, or be tandem::run's)";

struct worker_mark {
    int version = 0;
    int parent = 0;
    /// Tells the workers of a pool that live at the same time apart: 0, 1, …
    unsigned place = 0;
    /// What workers are forked from.
    bool is_zygote = false;
};

/// The mark as it stands in the environment of a worker to be.
std::string make_worker_mark(unsigned place, bool is_zygote);

/// The mark of this process; empty where it has none. One that cannot be read has version 0.
std::optional<worker_mark> find_worker_mark();

/// Ends the process, with the cure on stderr, if it is marked: it was started as a worker, but its main does
/// not call worker_entry. Another pool here would start more of the kind, without end.
void refuse_pool_in_marked_process();

} // namespace tandem::detail
