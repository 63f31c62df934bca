#include "event_parser.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "utf8.hpp"

namespace tandem::http::detail {

namespace {

/// A number of digits only; one beyond any sense becomes a day.
std::optional<duration> milliseconds_in(std::string_view text) {
    constexpr std::int64_t day = 24 * 60 * 60 * 1000;
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = std::min(day, value * 10 + (c - '0'));
    }
    return std::chrono::milliseconds(value);
}

} // namespace

void event_parser::begin() {
    line_.clear();
    type_.clear();
    data_.clear();
    id_ = last_id_;
    is_first_line_ = true;
    is_after_cr_ = false;
    is_too_large_ = false;
}

std::optional<server_event> event_parser::next(std::string_view& bytes) {
    while (!bytes.empty() && !is_too_large_) {
        if (std::exchange(is_after_cr_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        const auto size = std::min(bytes.find_first_of("\r\n"), bytes.size());
        is_too_large_ = line_.size() + size + data_.size() + type_.size() + id_.size() > most_;
        if (is_too_large_) break;
        if (size == bytes.size()) {
            line_ += bytes;
            bytes = {};
            break;
        }
        std::string_view line = bytes.substr(0, size);
        if (!line_.empty()) line = line_ += line;
        is_after_cr_ = bytes[size] == '\r';
        bytes.remove_prefix(size + 1);
        const bool is_event = take_line(line);
        line_.clear();
        if (!is_event) continue;
        server_event made;
        if (!type_.empty()) made.event = std::exchange(type_, {});
        made.data = std::exchange(data_, {});
        made.id = last_id_;
        if (std::exchange(has_new_retry_, false)) made.retry = retry_;
        return made;
    }
    return std::nullopt;
}

/// Returns whether that ends an event.
bool event_parser::take_line(std::string_view line) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (std::exchange(is_first_line_, false) && line.starts_with(byte_order_mark))
        line.remove_prefix(byte_order_mark.size());
    if (line.empty()) return end_event();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        take_field(line, {});
    } else if (colon > 0) { // what begins with one is a comment
        auto value = line.substr(colon + 1);
        if (value.starts_with(' ')) value.remove_prefix(1);
        take_field(line.substr(0, colon), value);
    }
    return false;
}

void event_parser::take_field(std::string_view name, std::string_view value) {
    if (name == "event") {
        type_.clear();
        append_as_utf8(type_, value);
    } else if (name == "data") {
        append_as_utf8(data_, value);
        data_ += '\n';
    } else if (name == "id" && value.find('\0') == std::string_view::npos) {
        id_.clear();
        append_as_utf8(id_, value);
    } else if (name == "retry") {
        const auto length = milliseconds_in(value);
        if (!length) return;
        retry_ = length;
        has_new_retry_ = true;
    }
}

/// Returns whether there is something to tell.
bool event_parser::end_event() {
    last_id_ = id_;
    if (data_.empty()) {
        type_.clear();
        return false;
    }
    data_.pop_back();
    return true;
}

} // namespace tandem::http::detail
