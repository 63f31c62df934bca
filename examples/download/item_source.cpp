#include "download/item_source.hpp"

#include <filesystem>
#include <utility>

item_source::item_source(const std::vector<std::string>& links, bool expand, const std::string& file,
                         std::vector<std::string> names)
    : names_(std::move(names))
    , file_(file) {
    for (const auto& each : links)
        patterns_.push_back(expand ? url_pattern(each) : url_pattern::of_one(each));
    if (!file.empty()) list_.emplace(file);
}

std::optional<list_item> item_source::at_hand() {
    if (auto given = next_given()) return given;
    if (!list_) return std::nullopt;
    return list_->at_hand();
}

tandem::task<std::optional<list_item>> item_source::next() {
    if (auto one = at_hand()) co_return one;
    if (!list_) co_return std::nullopt;
    co_return co_await list_->next();
}

tandem::task<std::optional<std::uint64_t>> item_source::count() const {
    std::uint64_t total = 0;
    for (const auto& each : patterns_)
        total += each.count();
    if (list_) {
        if (!std::filesystem::is_regular_file(file_)) co_return std::nullopt; // "-" neither
        total += co_await count_items(file_);
    }
    co_return total;
}

/// From the command line.
std::optional<list_item> item_source::next_given() {
    for (; at_ < patterns_.size(); ++at_) {
        auto link = patterns_[at_].next();
        if (!link) continue;
        list_item made;
        made.link = std::move(*link);
        if (at_ < names_.size()) made.out = patterns_[at_].fill_in(names_[at_]);
        return made;
    }
    return std::nullopt;
}
