// The items of a run, for all who work on them.
#pragma once
#include <cstddef>
#include <deque>
#include <optional>

#include "download/item_list.hpp"
#include "download/item_source.hpp"
#include "download/progress/display.hpp"
#include <tandem/sync/mutex.hpp>

/// What an item_source gives, to any number of tasks of one loop. An item that cannot be understood is told
/// to the display as a failure, and passed over.
class item_queue {
  public:
    item_queue(item_source& from, display& shown)
        : from_(from)
        , shown_(shown) {}

    /// Nothing behind the last. Throws what the source throws.
    tandem::task<std::optional<list_item>> next();
    /// The next where that takes no waiting; else nothing, and `next` waits.
    std::optional<list_item> at_hand();

    /// The next ones, `most` of them where there are as many; none behind the last.
    tandem::task<std::deque<list_item>> next(std::size_t most);

  private:
    void report(const list_error& wrong);

    item_source& from_;
    display& shown_;
    tandem::mutex access_;
};
