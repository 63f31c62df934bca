#include "download/modes/item_queue.hpp"

#include <string>

#include "download/exit_code.hpp"
#include "download/item_list.hpp"

using tandem::task;

task<std::optional<list_item>> item_queue::next() {
    const auto held = co_await access_.lock();
    for (;;) {
        std::string trouble;
        try {
            auto item = co_await from_.next();
            co_return item;
        } catch (const list_error& error) {
            trouble = error.what();
        }
        shown_.failed(trouble, static_cast<int>(exit_code::usage));
    }
}

task<std::deque<list_item>> item_queue::next(std::size_t most) {
    std::deque<list_item> some;
    while (some.size() < most) {
        auto item = co_await next();
        if (!item) break;
        some.push_back(std::move(*item));
    }
    co_return some;
}
