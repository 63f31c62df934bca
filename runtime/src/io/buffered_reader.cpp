#include <tandem/io/buffered_reader.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "io/one_at_a_time.hpp"

namespace tandem {

incomplete_read::incomplete_read(std::string partial, const std::string& expected)
    : std::runtime_error("the stream ended after " + std::to_string(partial.size()) + " of " + expected)
    , partial_(std::move(partial)) {}

incomplete_read::~incomplete_read() = default;

limit_exceeded::limit_exceeded(const std::string& what, std::size_t limit)
    : std::length_error(what + " is longer than the limit of " + std::to_string(limit) + " bytes")
    , limit_(limit) {}

limit_exceeded::~limit_exceeded() = default;

class buffered_reader::turn final : public detail::one_at_a_time {
  public:
    explicit turn(buffered_reader& self)
        : one_at_a_time(self.is_reading_, "two tasks read from a buffered_reader at a time: let one do it, "
                                          "or guard the reader with a mutex") {}
};

buffered_reader::buffered_reader(byte_stream& stream, std::size_t capacity)
    : stream_(stream)
    , step_(std::max<std::size_t>(capacity, 1)) {}

buffered_reader::~buffered_reader() = default;

void buffered_reader::make_room(std::size_t wanted) {
    const std::size_t kept = end_ - begin_;
    // Never much more than has come: a peer that announces much and sends little shall not cost the memory.
    const std::size_t needed = std::max({step_, kept + 1, std::min(wanted, 2 * kept + step_)});
    if (begin_ + needed <= capacity_) return;
    if (capacity_ < needed) {
        std::unique_ptr<char[]> larger(new char[needed]);
        if (kept > 0) std::memcpy(larger.get(), buffer_.get() + begin_, kept);
        buffer_ = std::move(larger);
        capacity_ = needed;
    } else if (kept > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, kept);
    }
    begin_ = 0;
    end_ = kept;
}

task<bool> buffered_reader::fill(std::size_t wanted) {
    make_room(wanted);
    const std::size_t count = co_await stream_.read_some(std::span(buffer_.get() + end_, capacity_ - end_));
    end_ += count;
    co_return count > 0;
}

void buffered_reader::consume(std::size_t count) noexcept {
    begin_ += count;
    if (begin_ < end_) return;
    begin_ = end_ = 0;
    if (capacity_ <= step_) return;
    // One that grew for a large read does not keep the memory.
    buffer_.reset();
    capacity_ = 0;
}

std::string buffered_reader::take(std::size_t count) {
    std::string taken(buffered().substr(0, count));
    consume(count);
    return taken;
}

task<std::size_t> buffered_reader::read_some(std::span<char> room) {
    const turn mine(*this);
    if (room.empty()) co_return 0;
    if (buffered().empty()) {
        if (room.size() >= step_) co_return co_await stream_.read_some(room);
        if (!co_await fill(1)) co_return 0;
    }
    const std::size_t count = std::min(room.size(), end_ - begin_);
    std::memcpy(room.data(), buffer_.get() + begin_, count);
    consume(count);
    co_return count;
}

task<std::string> buffered_reader::read_exactly(std::size_t count) {
    const turn mine(*this);
    while (end_ - begin_ < count)
        if (!co_await fill(count))
            throw incomplete_read(take(end_ - begin_), std::to_string(count) + " bytes");
    co_return take(count);
}

task<> buffered_reader::read_exactly(std::span<char> room) {
    const turn mine(*this);
    const std::size_t count = room.size();
    while (end_ - begin_ < count)
        if (!co_await fill(count))
            throw incomplete_read(take(end_ - begin_), std::to_string(count) + " bytes");
    if (count > 0) std::memcpy(room.data(), buffer_.get() + begin_, count);
    consume(count);
}

task<std::size_t> buffered_reader::find(std::string_view delimiter, std::size_t limit, const char* what) {
    // A delimiter may begin at the end of what has been looked through.
    std::size_t searched = 0;
    for (;;) {
        const auto place = buffered().find(delimiter, searched);
        const bool is_there = place != std::string_view::npos;
        const std::size_t length = is_there ? place + delimiter.size() : buffered().size();
        if (length > limit) throw limit_exceeded(what, limit);
        if (is_there) co_return length;
        searched = length - std::min(length, delimiter.size() - 1);
        if (!co_await fill(2 * length)) co_return 0;
    }
}

task<std::string> buffered_reader::read_until(std::string delimiter, std::size_t limit) {
    const turn mine(*this);
    if (delimiter.empty()) throw std::invalid_argument("read_until: the delimiter is empty");
    const std::size_t length = co_await find(delimiter, limit, "a record");
    if (length == 0) throw incomplete_read(take(end_ - begin_), "a record with its end");
    co_return take(length);
}

task<std::optional<std::string>> buffered_reader::read_line(std::size_t limit) {
    const turn mine(*this);
    const std::size_t length = co_await find("\n", limit, "a line");
    if (length == 0 && buffered().empty()) co_return std::nullopt;
    std::string line = take(length > 0 ? length : end_ - begin_);
    if (line.ends_with('\n')) {
        line.pop_back();
        if (line.ends_with('\r')) line.pop_back();
    }
    co_return line;
}

task<std::string> buffered_reader::read_to_end(std::size_t limit) {
    const turn mine(*this);
    for (;;) {
        const std::size_t kept = end_ - begin_;
        if (kept > limit) throw limit_exceeded("the rest of the stream", limit);
        if (!co_await fill(2 * kept)) break;
    }
    co_return take(end_ - begin_);
}

} // namespace tandem
