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
        const auto link = line.substr(0, line.find('\t'));
        line.remove_prefix(std::min(link.size() + 1, line.size()));
        if (trimmed(link).empty()) continue;
        if (made.link.empty())
            made.link = trimmed(link);
        else
            made.mirrors.emplace_back(trimmed(link));
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

/// Has a line that says something in `ahead_`. Returns false at the end.
tandem::task<bool> item_list::look_ahead() {
    while (!ahead_) {
        ahead_ = co_await lines_.next();
        if (!ahead_) co_return false;
        if (says_nothing(*ahead_)) ahead_.reset();
    }
    co_return true;
}

std::string item_list::take_line() {
    std::string line = std::move(*ahead_);
    ahead_.reset();
    return line;
}

tandem::task<std::optional<list_item>> item_list::next() {
    bool has_more = ahead_.has_value();
    if (!has_more) has_more = co_await look_ahead();
    if (!has_more) co_return std::nullopt;
    const auto place = lines_.line();
    const std::string first = take_line();
    list_item made;
    std::optional<list_error> wrong;
    try {
        made = item_of(first);
        made.place = lines_.name() + ':' + std::to_string(place);
        if (is_json(first)) co_return made; // complete by itself
    } catch (const std::invalid_argument& cause) {
        wrong.emplace(lines_.name(), place, cause.what());
    }
    for (;;) {
        const bool has_line = co_await look_ahead();
        if (!has_line || !is_setting(*ahead_)) break;
        const auto line = take_line();
        try {
            if (!wrong) read_setting(made, trimmed(line));
        } catch (const std::invalid_argument& cause) {
            wrong.emplace(lines_.name(), lines_.line(), cause.what());
        }
    }
    if (wrong) throw list_error(*wrong);
    co_return made;
}

tandem::task<std::uint64_t> count_items(std::string file) {
    line_reader lines(file);
    std::uint64_t count = 0;
    while (const auto line = co_await lines.next())
        if (!says_nothing(*line) && !is_setting(*line)) ++count;
    co_return count;
}
