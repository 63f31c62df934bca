// The ways to do the same work that the demo compares. All run the same download coroutine and the same
// make_thumbnail; they differ in who runs it, and in how many at a time.
#pragma once
#include <string>
#include <tandem/coro/task.hpp>
#include <vector>

using names = std::vector<std::string>;

/// The longer side of the demo's thumbnails, in pixels.
inline constexpr int thumbnail_edge = 128;

/// One coroutine for each file, `at_once` of them at a time, in this thread; one is one after the other.
tandem::task<> download_with_coroutines(names links, std::string folder, int at_once);

/// `count` threads, which take link after link from a queue. Each has a loop, a client and a connection of
/// its own.
tandem::task<> download_with_threads(names links, std::string folder, int count);

/// `count` worker processes, each with an equal share of the links, and with a client and a connection of its
/// own.
tandem::task<> download_with_processes(names links, std::string folder, int count);

/// One thumbnail after the other, in this thread.
tandem::task<> make_thumbnails_in_sequence(names files);

/// In a process pool with a worker for each core.
tandem::task<> make_thumbnails_in_pool(names files);

/// Coroutines download, `at_once` at a time, and a process pool makes each file's thumbnail as soon as it is
/// there.
tandem::task<> download_and_make_thumbnails(names links, std::string folder, int at_once);
