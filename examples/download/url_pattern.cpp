#include "download/url_pattern.hpp"

#include <charconv>
#include <limits>
#include <utility>

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

} // namespace

/// Takes a pattern apart, from left to right.
class url_pattern::reader {
  public:
    explicit reader(std::string_view text)
        : text_(text) {}

    void read(url_pattern& into) {
        std::string plain;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '\\' && at_ + 1 < text_.size() && is_special(text_[at_ + 1])) {
                plain += text_[at_ + 1];
                at_ += 2;
            } else if (c == '[' && skip_address(plain)) {
                continue;
            } else if (c == '{') {
                into.wheels_.push_back({std::move(plain), read_choices()});
                plain.clear();
            } else if (c == '[') {
                into.wheels_.push_back({std::move(plain), read_range()});
                plain.clear();
            } else if (c == '}' || c == ']') {
                fail(at_, std::string("an unmatched ") + c);
            } else {
                plain += c;
                ++at_;
            }
        }
        into.tail_ = std::move(plain);
    }

  private:
    static bool is_special(char c) noexcept { return c == '{' || c == '}' || c == '[' || c == ']'; }

    [[noreturn]] void fail(std::size_t at, const std::string& why) const {
        throw pattern_error(std::string(text_) + ": at character " + std::to_string(at + 1) + ": " + why);
    }

    /// An IPv6 address is what has a colon, and perhaps a zone, between brackets where a host begins.
    bool skip_address(std::string& plain) {
        const auto before = text_.substr(0, at_);
        if (!before.ends_with("//") && !before.ends_with('@')) return false;
        const auto end = text_.find(']', at_);
        if (end == text_.npos) return false;
        const auto inside = text_.substr(at_ + 1, end - at_ - 1);
        const auto address = inside.substr(0, inside.find('%'));
        if (address.find(':') == address.npos) return false;
        if (address.find_first_not_of("0123456789abcdefABCDEF:.") != address.npos) return false;
        plain += text_.substr(at_, end + 1 - at_);
        at_ = end + 1;
        return true;
    }

    choices read_choices() {
        const auto begin = at_++;
        choices all(1);
        for (;; ++at_) {
            if (at_ == text_.size()) fail(begin, "a { without its }");
            const char c = text_[at_];
            if (c == '{' || c == '[') fail(at_, "a set cannot hold another");
            if (c == '}') break;
            if (c == ',') {
                all.emplace_back();
                continue;
            }
            const bool is_escaped =
                c == '\\' && at_ + 1 < text_.size() && (is_special(text_[at_ + 1]) || text_[at_ + 1] == ',');
            if (is_escaped) ++at_;
            all.back() += text_[at_];
        }
        ++at_;
        if (all.size() == 1 && all[0].empty()) fail(begin, "an empty set");
        return all;
    }

    range read_range() {
        const auto begin = at_++;
        const auto end = text_.find(']', at_);
        if (end == text_.npos) fail(begin, "a [ without its ]");
        auto inside = text_.substr(at_, end - at_);
        at_ = end + 1;

        std::uint64_t step = 1;
        if (const auto colon = inside.find(':'); colon != inside.npos) {
            const auto given = number(inside.substr(colon + 1));
            if (!given || *given == 0) fail(begin, "the step has to be a number above 0");
            step = *given;
            inside = inside.substr(0, colon);
        }
        const auto dash = inside.find('-');
        if (dash == inside.npos) fail(begin, "a range is written as [1-10], [001-100:3] or [a-z]");
        const auto low = inside.substr(0, dash);
        const auto high = inside.substr(dash + 1);
        if (low.size() == 1 && high.size() == 1 && is_letter(low[0]) && is_letter(high[0]))
            return between(begin, static_cast<unsigned char>(low[0]), static_cast<unsigned char>(high[0]),
                           step, 0);
        const auto first = number(low);
        const auto last = number(high);
        if (!first || !last) fail(begin, "a range goes from number to number, or from letter to letter");
        const bool is_padded = low.size() > 1 && low[0] == '0';
        return between(begin, *first, *last, step, is_padded ? low.size() : 1);
    }

    range between(std::size_t at, std::uint64_t first, std::uint64_t last, std::uint64_t step,
                  std::size_t width) const {
        if (last < first) fail(at, "the range ends before it begins");
        const auto steps = (last - first) / step;
        if (steps == std::numeric_limits<std::uint64_t>::max()) fail(at, "the range is too long");
        return {first, steps + 1, step, width};
    }

    static std::optional<std::uint64_t> number(std::string_view text) noexcept {
        if (text.empty() || !is_digit(text[0])) return std::nullopt;
        std::uint64_t value = 0;
        const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

url_pattern::url_pattern(std::string_view text) {
    reader(text).read(*this);
    std::uint64_t total = 1;
    for (const auto& each : wheels_)
        if (__builtin_mul_overflow(total, each.count(), &total))
            throw pattern_error(std::string(text) + ": stands for more URLs than can be counted");
}

url_pattern url_pattern::of_one(std::string text) {
    url_pattern made;
    made.tail_ = std::move(text);
    return made;
}

std::uint64_t url_pattern::wheel::count() const noexcept {
    if (const auto* set = std::get_if<choices>(&values)) return set->size();
    return std::get<range>(values).count;
}

std::string url_pattern::wheel::text() const {
    if (const auto* set = std::get_if<choices>(&values)) return (*set)[at];
    const auto& given = std::get<range>(values);
    const auto value = given.first + at * given.step;
    if (given.width == 0) return std::string(1, static_cast<char>(value));
    auto digits = std::to_string(value);
    if (digits.size() < given.width) digits.insert(0, given.width - digits.size(), '0');
    return digits;
}

std::uint64_t url_pattern::count() const noexcept {
    std::uint64_t total = 1;
    for (const auto& each : wheels_)
        total *= each.count();
    return total;
}

std::optional<std::string> url_pattern::next() {
    if (has_begun_) advance();
    has_begun_ = true;
    if (is_done_) return std::nullopt;
    std::string made;
    for (const auto& each : wheels_)
        made += each.before + each.text();
    return made + tail_;
}

void url_pattern::advance() noexcept {
    for (auto each = wheels_.rbegin(); each != wheels_.rend(); ++each) {
        if (each->at + 1 == each->count()) continue;
        ++each->at;
        for (auto later = wheels_.rbegin(); later != each; ++later)
            later->at = 0;
        return;
    }
    is_done_ = true;
}

std::string url_pattern::fill_in(std::string_view name) const {
    std::string made;
    while (!name.empty()) {
        const auto mark = name.find('#');
        made += name.substr(0, mark);
        if (mark == name.npos) break;
        name.remove_prefix(mark + 1);
        std::size_t digits = 0;
        while (digits < name.size() && is_digit(name[digits]))
            ++digits;
        std::size_t number = 0;
        const auto trouble = std::from_chars(name.data(), name.data() + digits, number).ec;
        if (digits > 0 && trouble == std::errc() && number >= 1 && number <= wheels_.size()) {
            made += wheels_[number - 1].text();
            name.remove_prefix(digits);
        } else {
            made += '#';
        }
    }
    return made;
}
