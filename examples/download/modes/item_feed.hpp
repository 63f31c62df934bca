// The items of a run, for threads.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "download/modes/item_queue.hpp"
#include <tandem/coro/loop.hpp>
#include <tandem/sync/semaphore.hpp>

/// What a loop reads and threads take, who have no loop to wait in: they block. It is never more than a few
/// items ahead of them, so that a million take no more room than these.
class item_feed {
  public:
    /// Reads so many items ahead. Belongs to the loop that runs.
    explicit item_feed(std::size_t most_ahead);

    /// Reads all there are, as there is room. Its end, whatever that is, is the end for the threads.
    tandem::task<> fill(item_queue& from);

    /// The next, in any thread but the loop's, which it waits for; nothing behind the last.
    std::optional<list_item> pop();

  private:
    void end();

    tandem::loop_handle loop_;
    /// Of the loop's thread: what is free for items that have not been taken.
    tandem::semaphore room_;
    std::mutex access_;
    std::condition_variable changed_;
    std::deque<std::pair<list_item, tandem::semaphore::permit>> items_;
    bool has_ended_ = false;
};
