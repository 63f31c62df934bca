#include "download/modes/item_queue.hpp"

#include "download/exit_code.hpp"

using tandem::task;

task<std::optional<list_item>> item_queue::next() {
    const auto held = co_await access_.lock();
    for (;;) {
        try {
            co_return co_await from_.next();
        } catch (const list_error& error) {
            report(error);
        }
    }
}

/// One that is wrong is left to `next`, too, which lets others run between very many of them.
std::optional<list_item> item_queue::at_hand() {
    if (access_.is_locked()) return std::nullopt;
    try {
        return from_.at_hand();
    } catch (const list_error& error) {
        report(error);
        return std::nullopt;
    }
}

void item_queue::report(const list_error& wrong) {
    shown_.failed(wrong.what(), static_cast<int>(exit_code::usage));
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
