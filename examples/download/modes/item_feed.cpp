#include "download/modes/item_feed.hpp"

#include <memory>
#include <utility>

using tandem::task;

item_feed::item_feed(std::size_t most_ahead)
    : loop_(tandem::loop::current().handle())
    , room_(most_ahead) {}

task<> item_feed::fill(item_queue& from) {
    const std::shared_ptr<void> at_end(nullptr, [this](void*) { end(); });
    while (auto item = co_await from.next()) {
        auto room = co_await room_.acquire();
        const std::lock_guard lock(access_);
        items_.emplace_back(std::move(*item), std::move(room));
        changed_.notify_one();
    }
}

void item_feed::end() {
    const std::lock_guard lock(access_);
    has_ended_ = true;
    changed_.notify_all();
}

std::optional<list_item> item_feed::pop() {
    std::unique_lock lock(access_);
    changed_.wait(lock, [this] { return !items_.empty() || has_ended_; });
    if (items_.empty()) return std::nullopt;
    auto [item, room] = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    const auto given_back = std::make_shared<tandem::semaphore::permit>(std::move(room));
    loop_.post([given_back] { given_back->release(); });
    return std::move(item);
}
