#include "support/terminal_screen.hpp"

#include <algorithm>
#include <cwchar>
#include <locale.h>
#include <stdexcept>

namespace test {
namespace {

/// How many bytes the character that begins with this one has.
std::size_t length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first < 0xe0) return 2;
    return first < 0xf0 ? 3 : 4;
}

std::size_t width_of(std::string_view character) {
    static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    const locale_t before = ::uselocale(utf8);
    std::mbstate_t state{};
    wchar_t code = 0;
    const auto read = std::mbrtowc(&code, character.data(), character.size(), &state);
    const int width = read == character.size() ? ::wcwidth(code) : -1;
    ::uselocale(before);
    if (width < 0) throw std::runtime_error("a terminal was sent what it cannot show");
    return static_cast<std::size_t>(width);
}

std::string text_of(const std::vector<std::string>& cells) {
    std::string text;
    for (const auto& cell : cells)
        text += cell;
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

} // namespace

terminal_screen::terminal_screen(int rows, int columns)
    : height_(static_cast<std::size_t>(rows))
    , width_(static_cast<std::size_t>(columns))
    , lines_(1) {}

void terminal_screen::feed(std::string_view text) {
    for (const char byte : text) {
        pending_ += byte;
        const auto first = static_cast<unsigned char>(pending_[0]);
        if (first == 0x1b) {
            const bool is_complete = pending_.size() > 2 && byte >= 0x40 && byte <= 0x7e;
            if (pending_.size() == 2 && byte != '[') throw std::runtime_error("an escape sequence but CSI");
            if (!is_complete) continue;
            obey(std::string_view(pending_).substr(2));
        } else if (first == '\r') {
            column_ = 0;
        } else if (first == '\n') {
            feed_line();
        } else if (pending_.size() < length_of(first)) {
            continue;
        } else {
            put(pending_);
        }
        pending_.clear();
    }
}

void terminal_screen::put(std::string_view character) {
    const std::size_t width = width_of(character);
    if (width == 0) { // joins the one before
        if (column_ > 0) lines_[row_].cells[column_ - 1] += character;
        return;
    }
    if (column_ + width > width_) {
        lines_[row_].goes_on = true;
        feed_line();
        column_ = 0;
    }
    auto& cells = lines_[row_].cells;
    if (cells.size() < column_ + width) cells.resize(column_ + width, " ");
    cells[column_] = character;
    for (std::size_t i = 1; i < width; ++i)
        cells[column_ + i].clear();
    column_ += width;
}

void terminal_screen::feed_line() {
    if (++row_ == lines_.size()) lines_.emplace_back();
    if (row_ - top_ == height_) ++top_;
}

void terminal_screen::obey(std::string_view sequence) {
    if (sequence == "K" || sequence == "J") {
        auto& here = lines_[row_];
        if (here.cells.size() > column_) here.cells.resize(column_);
        here.goes_on = false;
        if (sequence == "J") lines_.resize(row_ + 1);
    } else if (sequence == "?25l") {
        shows_cursor_ = false;
        ++frames_;
    } else if (sequence == "?25h") {
        shows_cursor_ = true;
    } else if (sequence.ends_with('m')) {
        ++colours_;
    } else if (sequence.ends_with('A')) {
        const auto count = std::stoul(std::string(sequence));
        row_ = std::max(top_, row_ - std::min(row_, count));
    } else {
        throw std::runtime_error("a terminal was sent CSI " + std::string(sequence));
    }
}

void terminal_screen::resize(int rows, int columns) {
    height_ = static_cast<std::size_t>(rows);
    width_ = static_cast<std::size_t>(columns);
    std::vector<line> broken;
    std::size_t cursor = 0;
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (i == row_) cursor = broken.size() + joined.size() / width_;
        joined.insert(joined.end(), lines_[i].cells.begin(), lines_[i].cells.end());
        if (lines_[i].goes_on) continue;
        do {
            const auto end = joined.begin() + static_cast<long>(std::min(width_, joined.size()));
            broken.push_back({{joined.begin(), end}, end != joined.end()});
            joined.erase(joined.begin(), end);
        } while (!joined.empty());
    }
    lines_ = std::move(broken);
    row_ = std::min(cursor, lines_.size() - 1);
    column_ = std::min(column_, width_ - 1);
    // The end is to be seen, and the cursor in any case.
    top_ = lines_.size() > height_ ? lines_.size() - height_ : 0;
    top_ = std::min(top_, row_);
}

std::vector<std::string> terminal_screen::all_rows() const {
    std::vector<std::string> all;
    for (const auto& each : lines_)
        all.push_back(text_of(each.cells));
    while (!all.empty() && all.back().empty())
        all.pop_back();
    return all;
}

std::vector<std::string> terminal_screen::rows() const {
    auto all = all_rows();
    all.erase(all.begin(), all.begin() + static_cast<long>(std::min(top_, all.size())));
    if (all.size() > height_) all.resize(height_);
    return all;
}

} // namespace test
