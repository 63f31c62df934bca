#include "download/line_reader.hpp"

#include <algorithm>
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

std::optional<std::string_view> line_reader::at_hand() noexcept {
    end_ = std::min(buffer_.find('\n', end_), buffer_.size());
    const bool is_whole = end_ < buffer_.size() || (has_ended_ && begin_ < end_);
    if (!is_whole) return std::nullopt;
    auto line = std::string_view(buffer_).substr(begin_, end_ - begin_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void line_reader::pass() noexcept {
    begin_ = end_ = std::min(end_ + 1, buffer_.size());
    ++line_;
}

tandem::task<bool> line_reader::read_on() {
    if (has_ended_) co_return false;
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
    const auto before = buffer_.size();
    if (before > longest_line)
        throw std::runtime_error(name_ + ":" + std::to_string(line_) + ": longer than a line can be");
    buffer_.resize(before + step);
    std::size_t count = 0;
    try {
        count = co_await in_.read_some(std::span(buffer_).subspan(before));
    } catch (...) {
        buffer_.resize(before);
        throw;
    }
    buffer_.resize(before + count);
    has_ended_ = count == 0;
    co_return true;
}
