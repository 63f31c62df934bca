#include "download/item_list.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

bool is_json(std::string_view line) {
    return trimmed(line).starts_with('{');
}

/// Whether it belongs to the item before it.
bool is_setting(std::string_view line) {
    return is_blank(line.front()) && !is_json(line);
}

bool says_nothing(std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    return first == line.npos || line[first] == '#';
}

/// A URL, and its mirrors behind tabs.
list_item plain_item(std::string_view line) {
    list_item made;
    while (!line.empty()) {
        const auto end = std::min(line.find('\t'), line.size());
        const auto link = trimmed(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
        if (link.empty()) continue;
        if (made.link.empty())
            made.link = link;
        else
            made.mirrors.emplace_back(link);
    }
    return made;
}

list_item item_of(std::string_view line) {
    if (is_json(line)) return json_item(line);
    if (is_setting(line))
        throw std::invalid_argument("it begins with a blank, but belongs to no URL before it");
    return plain_item(line);
}

void read_setting(list_item& into, std::string_view line) {
    const auto equals = line.find('=');
    if (equals == line.npos) throw std::invalid_argument("it begins with a blank, but reads not NAME=VALUE");
    into.set(trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
}

} // namespace

/// Of the item that is being made, or of a new one.
void item_list::take(std::string_view line) {
    try {
        if (!made_)
            made_.emplace(item_of(line));
        else if (!wrong_)
            read_setting(*made_, trimmed(line));
    } catch (const std::invalid_argument& cause) {
        if (!made_) made_.emplace();
        wrong_.emplace(lines_.name(), lines_.line(), cause.what());
    }
}

/// The item that has been made, if there is one.
std::optional<list_item> item_list::complete() {
    auto made = std::exchange(made_, std::nullopt);
    if (wrong_) throw list_error(*std::exchange(wrong_, std::nullopt));
    return made;
}

std::optional<list_item> item_list::at_hand() {
    while (const auto line = lines_.at_hand()) {
        const bool says_something = !says_nothing(*line);
        if (says_something && made_ && !is_setting(*line)) return complete();
        if (says_something) take(*line);
        lines_.pass();
        if (made_ && !wrong_ && is_json(*line)) return complete(); // by itself
    }
    return std::nullopt;
}

tandem::task<std::optional<list_item>> item_list::next() {
    for (;;) {
        if (auto one = at_hand()) co_return one;
        const bool has_more = co_await lines_.read_on();
        if (!has_more) co_return complete();
    }
}

tandem::task<std::uint64_t> count_items(std::string file) {
    line_reader lines(file);
    std::uint64_t count = 0;
    for (bool has_more = true; has_more; has_more = co_await lines.read_on())
        for (; const auto line = lines.at_hand(); lines.pass())
            if (!says_nothing(*line) && !is_setting(*line)) ++count;
    co_return count;
}
