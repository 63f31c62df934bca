#include <tandem/io/buffered_writer.hpp>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "io/one_at_a_time.hpp"

namespace tandem {

class buffered_writer::turn final : public detail::one_at_a_time {
  public:
    explicit turn(buffered_writer& self)
        : one_at_a_time(self.is_writing_, "two tasks write to a buffered_writer at a time: let one do it, or "
                                          "guard the writer with a mutex") {
        self.check();
    }
};

/// A write past the buffer, after which the writer is no good if it ends in its middle.
class buffered_writer::direct_write {
  public:
    direct_write(buffered_writer& writer, const std::string_view& rest) noexcept
        : writer_(writer)
        , rest_(rest)
        , size_(rest.size()) {}
    direct_write(const direct_write&) = delete;
    direct_write& operator=(const direct_write&) = delete;
    ~direct_write() {
        if (!rest_.empty() && rest_.size() < size_) writer_.is_broken_ = true;
    }

  private:
    buffered_writer& writer_;
    const std::string_view& rest_;
    std::size_t size_;
};

buffered_writer::buffered_writer(byte_stream& stream, std::size_t capacity)
    : stream_(stream)
    , capacity_(std::max<std::size_t>(capacity, 1)) {}

buffered_writer::~buffered_writer() = default;

void buffered_writer::check() const {
    if (is_broken_)
        throw std::system_error(std::make_error_code(std::errc::broken_pipe),
                                "writing to a buffered_writer after a write that ended in its middle");
}

task<> buffered_writer::drain(std::size_t rest) {
    while (end_ - begin_ > rest)
        begin_ += co_await stream_.write_some(std::string_view(buffer_.get() + begin_, end_ - begin_));
    if (begin_ == end_) begin_ = end_ = 0;
}

task<> buffered_writer::write(std::string_view bytes) {
    const turn mine(*this);
    if (bytes.size() >= capacity_) {
        co_await drain(0);
        const direct_write all(*this, bytes);
        while (!bytes.empty())
            bytes.remove_prefix(co_await stream_.write_some(bytes));
        co_return;
    }
    if (!buffer_) buffer_.reset(new char[capacity_]);
    if (capacity_ - end_ < bytes.size() && begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    // All of it rather than as much as is needed: large pieces cost less.
    if (capacity_ - end_ < bytes.size()) co_await drain(0);
    if (!bytes.empty()) std::memcpy(buffer_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

task<> buffered_writer::flush() {
    const turn mine(*this);
    co_await drain(0);
}

task<> buffered_writer::close_write() {
    const turn mine(*this);
    co_await drain(0);
    co_await stream_.close_write();
}

} // namespace tandem
