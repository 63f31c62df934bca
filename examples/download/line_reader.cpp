#include "download/line_reader.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr std::size_t step = 16 * 1024;
constexpr std::size_t longest_line = 1024 * 1024;

tandem::file open(const std::string& file, const std::string& name) {
    const int descriptor =
        file == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        throw std::runtime_error(name + " cannot be read: " + std::generic_category().message(errno));
    return tandem::file::adopt(descriptor, name);
}

} // namespace

line_reader::line_reader(const std::string& file)
    : name_(file == "-" ? "standard input" : file)
    , in_(open(file, name_)) {}

tandem::task<std::optional<std::string>> line_reader::next() {
    for (;;) {
        const auto end = buffer_.find('\n', seen_);
        const bool is_last = end == buffer_.npos && has_ended_;
        if (is_last && begin_ == buffer_.size()) co_return std::nullopt;
        if (end != buffer_.npos || is_last) {
            std::string line = buffer_.substr(begin_, is_last ? end : end - begin_);
            begin_ = seen_ = is_last ? buffer_.size() : end + 1;
            if (line.ends_with('\r')) line.pop_back();
            ++line_;
            co_return line;
        }
        seen_ = buffer_.size();
        const bool has_more = co_await fill();
        has_ended_ = !has_more;
    }
}

/// Returns false at the end.
tandem::task<bool> line_reader::fill() {
    buffer_.erase(0, begin_);
    seen_ -= begin_;
    begin_ = 0;
    const auto before = buffer_.size();
    if (before > longest_line)
        throw std::runtime_error(name_ + ":" + std::to_string(line_ + 1) + ": longer than a line can be");
    buffer_.resize(before + step);
    std::size_t count = 0;
    try {
        count = co_await in_.read_some(std::span(buffer_).subspan(before));
    } catch (...) {
        buffer_.resize(before);
        throw;
    }
    buffer_.resize(before + count);
    co_return count > 0;
}
