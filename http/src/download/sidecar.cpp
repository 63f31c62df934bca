#include "download/sidecar.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <unistd.h>

#include "field_syntax.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::string_view format = "tandem part 1";
/// More than one of ours ever has: the longest header fields, and the ranges of all segments.
constexpr std::size_t longest = 512 * 1024;

void append_line(std::string& text, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text.append(name).append(" ").append(value).append("\n");
}

/// Up to `end`, which is taken off, too; all where there is none.
std::string_view take_up_to(std::string_view& text, char end) {
    const auto at = std::min(text.find(end), text.size());
    const auto taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::vector<byte_range>> ranges_in(std::string_view text) {
    std::vector<byte_range> all;
    while (!text.empty()) {
        auto word = take_up_to(text, ' ');
        const auto first = number(take_up_to(word, '-'));
        const auto last = number(word);
        if (!first || !last || *last < *first || *last == std::uint64_t(-1)) return std::nullopt;
        if (!all.empty() && all.back().end > *first) return std::nullopt;
        all.push_back({*first, *last + 1});
    }
    return all;
}

int write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(file, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

} // namespace

std::uint64_t sidecar::count() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& each : ranges)
        sum += each.end - each.begin;
    return sum;
}

std::vector<byte_range> sidecar::missing() const {
    std::vector<byte_range> gaps;
    std::uint64_t at = 0;
    for (const auto& each : ranges) {
        if (each.begin > at) gaps.push_back({at, each.begin});
        at = each.end;
    }
    if (of.total && at < *of.total) gaps.push_back({at, *of.total});
    return gaps;
}

void sidecar::add(byte_range more) {
    if (more.begin >= more.end) return;
    // Those that it touches become one with it.
    const auto first = std::find_if(ranges.begin(), ranges.end(),
                                    [&](const byte_range& each) { return each.end >= more.begin; });
    auto last = first;
    for (; last != ranges.end() && last->begin <= more.end; ++last) {
        more.begin = std::min(more.begin, last->begin);
        more.end = std::max(more.end, last->end);
    }
    ranges.insert(ranges.erase(first, last), more);
}

std::string sidecar::to_text() const {
    std::string text(format);
    text += '\n';
    append_line(text, "url", of.url);
    append_line(text, "etag", of.etag);
    append_line(text, "last-modified", of.last_modified);
    append_line(text, "date", of.date);
    if (of.total) append_line(text, "total", std::to_string(*of.total));
    std::string all;
    for (const auto& each : ranges) {
        if (!all.empty()) all += ' ';
        all += std::to_string(each.begin) + '-' + std::to_string(each.end - 1);
    }
    append_line(text, "ranges", all);
    text += "end\n";
    return text;
}

std::optional<sidecar> sidecar::parse(std::string_view text) {
    if (take_up_to(text, '\n') != format) return std::nullopt;
    sidecar made;
    while (!text.empty()) {
        auto line = take_up_to(text, '\n');
        if (has_control_character(line)) return std::nullopt;
        if (line == "end") return text.empty() ? std::optional(std::move(made)) : std::nullopt;
        const auto name = take_up_to(line, ' ');
        if (name == "url") made.of.url = line;
        if (name == "etag") made.of.etag = line;
        if (name == "last-modified") made.of.last_modified = line;
        if (name == "date") made.of.date = line;
        if (name == "total" && !(made.of.total = number(line))) return std::nullopt;
        if (name == "ranges") {
            auto all = ranges_in(line);
            if (!all) return std::nullopt;
            made.ranges = std::move(*all);
        }
    }
    return std::nullopt;
}

std::optional<sidecar> sidecar::read(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return std::nullopt;
    std::string text;
    char piece[4096];
    ssize_t got;
    while ((got = ::read(file, piece, sizeof piece)) != 0) {
        if (got > 0) text.append(piece, static_cast<std::size_t>(got));
        if ((got < 0 && errno != EINTR) || text.size() > longest) break;
    }
    ::close(file);
    return got == 0 ? parse(text) : std::nullopt;
}

int sidecar::write(const std::string& path, bool durable) const {
    // Only who has locked the part gets here: one name is enough.
    const std::string fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) return errno;
    int error = write_all(file, to_text());
    if (error == 0 && durable && ::fsync(file) != 0) error = errno;
    if (::close(file) != 0 && error == 0 && errno != EINTR) error = errno;
    if (error == 0 && ::rename(fresh.c_str(), path.c_str()) != 0) error = errno;
    if (error != 0) ::unlink(fresh.c_str());
    return error;
}

} // namespace tandem::http::detail
