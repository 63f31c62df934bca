// What the ways to share out work have in common, whatever the work is.
#pragma once
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <tandem/coro/task.hpp>

/// What several threads take from, one by one.
template <class T> class work_queue {
  public:
    /// `source` gives the next, and nothing behind the last. One thread at a time calls it.
    explicit work_queue(std::function<std::optional<T>()> source)
        : source_(std::move(source)) {}

    std::optional<T> pop() {
        const std::lock_guard lock(mutex_);
        return source_();
    }

  private:
    std::mutex mutex_;
    std::function<std::optional<T>()> source_;
};

/// Runs `work` in a thread or process that has no loop yet, until it is done or the pool wants it to stop.
void run_here(std::stop_token stop, tandem::task<> work);

/// Starts `count` threads, each of which runs a `work()` on a loop of its own, and waits for their end. The
/// first error cancels the others.
tandem::task<> run_in_threads(std::size_t count, std::function<tandem::task<>()> work);
