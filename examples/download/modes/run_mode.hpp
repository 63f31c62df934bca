// Who does the work of a run, and how much of it at a time: `--mode`.
#pragma once
#include <string_view>

/// The same work in the ways there are to do it, so that they can be compared with one tool on one list.
/// `--jobs` is how many files each has under way.
///
/// - **sequential**: one file after the other, each with its steps, before the next one is asked for. All
///   others are held against this.
/// - **threads**: so many threads take links from a queue. Each blocks on its own file, with a client and
///   connections of its own, and does the steps itself.
/// - **processes**: a process pool's map over the links: so many workers, each of which downloads one file,
///   with its steps, for each call. Nothing is shared, so nothing is kept: each file has a new connection.
/// - **coroutines**: one thread, one loop, a coroutine for each file. The steps are done in that thread, and
///   what burns processor time holds up all downloads.
/// - **hybrid**: the loop downloads, a process pool does the steps (step_runner).
enum class run_mode : char { sequential, threads, processes, coroutines, hybrid };

/// "hybrid" and so on. Throws std::invalid_argument for another name.
run_mode mode_from(std::string_view name);
