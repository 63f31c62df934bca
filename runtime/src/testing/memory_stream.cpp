#include <tandem/testing/memory_stream.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <system_error>
#include <utility>

#include <tandem/base/error.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/coro/waiter.hpp>
#include <tandem/sync/event.hpp>

namespace tandem::testing {
namespace {

constexpr const char* name_of_end[] = {"the first end", "the second end"};

/// A wait of the only reader, or the only writer, of a direction.
class turn_wait final : public detail::waiting_operation<turn_wait> {
  public:
    turn_wait(turn_wait*& place, bool is_over) noexcept
        : place_(place)
        , is_over_(is_over) {}
    void await_resume() const { throw_if_cancelled(); }

    static void end(turn_wait*& place) noexcept {
        if (turn_wait* const waiting = std::exchange(place, nullptr)) waiting->commit();
    }

  private:
    friend waiting_operation;
    bool try_now() const noexcept { return is_over_; }
    void enqueue() noexcept { place_ = this; }
    bool withdraw() noexcept override {
        place_ = nullptr;
        return true;
    }

    turn_wait*& place_;
    bool is_over_;
};

/// Sees to it that one task at a time does the same thing.
class alone {
  public:
    alone(bool& taken, const char* otherwise)
        : taken_(taken) {
        if (taken) throw usage_error(otherwise);
        taken = true;
    }
    alone(const alone&) = delete;
    alone& operator=(const alone&) = delete;
    ~alone() { taken_ = false; }

  private:
    bool& taken_;
};

} // namespace

/// The bytes on their way from one end to the other.
class memory_direction {
  public:
    memory_direction(std::size_t capacity, const stream_faults& faults)
        : faults_(faults)
        , capacity_(capacity)
        , random_(faults.seed_) {}

    /// Takes what there is room for; returns how many bytes the writer is rid of.
    std::size_t put(std::string_view bytes) {
        std::uint64_t count = std::min(bytes.size(), piece());
        count = std::min(count, faults_.reset_after_ - written);
        if (!is_truncated()) {
            count = std::min<std::uint64_t>(count, capacity_ - held_.size());
            const auto kept = std::min(count, faults_.truncate_after_ - written);
            held_.insert(held_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(kept));
        }
        written += count;
        if (can_read()) turn_wait::end(reader);
        return count;
    }
    std::size_t take(std::span<char> room) {
        const std::size_t count = std::min({room.size(), arrived(), piece()});
        const auto end = held_.begin() + static_cast<std::ptrdiff_t>(count);
        std::copy(held_.begin(), end, room.begin());
        held_.erase(held_.begin(), end);
        read += count;
        if (can_write()) turn_wait::end(writer);
        return count;
    }
    void lose() noexcept { held_.clear(); }
    void end() noexcept {
        is_ended = true;
        if (can_read()) turn_wait::end(reader);
    }

    std::size_t arrived() const noexcept {
        return std::min<std::uint64_t>(held_.size(), faults_.stall_after_ - read);
    }
    bool is_at_end() const noexcept {
        return (is_ended || is_truncated()) && held_.empty() && read < faults_.stall_after_;
    }
    bool can_read() const noexcept { return arrived() > 0 || is_at_end(); }
    bool can_write() const noexcept { return held_.size() < capacity_ || is_truncated(); }
    bool breaks_now() const noexcept { return written >= faults_.reset_after_; }
    duration delay() const noexcept { return faults_.delay_; }

    void wake() noexcept {
        turn_wait::end(reader);
        turn_wait::end(writer);
    }

    turn_wait* reader = nullptr;
    turn_wait* writer = nullptr;
    bool is_being_read = false;
    bool is_being_written = false;
    /// The writer has said that no more comes.
    bool is_ended = false;
    /// Nobody will read what is written from here on.
    bool is_unread = false;
    /// A write was cancelled in the middle.
    bool is_broken = false;
    std::uint64_t written = 0;
    std::uint64_t read = 0;

  private:
    bool is_truncated() const noexcept { return written >= faults_.truncate_after_; }
    std::size_t piece() noexcept {
        if (!faults_.draws_sizes_) return faults_.most_;
        std::uint64_t draw = random_ += 0x9e3779b97f4a7c15u; // splitmix64: the same on every machine
        draw = (draw ^ (draw >> 30)) * 0xbf58476d1ce4e5b9u;
        draw = (draw ^ (draw >> 27)) * 0x94d049bb133111ebu;
        return 1 + (draw ^ (draw >> 31)) % faults_.most_;
    }

    stream_faults faults_;
    std::size_t capacity_;
    std::uint64_t random_;
    std::deque<char> held_;
};

/// What the two ends share. Its coroutines keep it, so that an end may go away while one waits on it.
class memory_stream::connection {
  public:
    connection(std::size_t capacity, const stream_faults& to_first, const stream_faults& to_second)
        : to_{{capacity, to_first}, {capacity, to_second}} {
        if (to_[0].breaks_now() || to_[1].breaks_now()) is_reset_ = true;
    }

    memory_direction& into(int side) noexcept { return to_[side]; }
    memory_direction& out_of(int side) noexcept { return to_[1 - side]; }
    bool is_reset() const noexcept { return is_reset_; }
    bool is_closed(int side) const noexcept { return is_closed_[side]; }

    void reset() noexcept {
        is_reset_ = true;
        for (memory_direction& each : to_) {
            each.lose();
            each.wake();
        }
        for (event& each : over_)
            each.set();
    }
    void close(int side) noexcept {
        if (std::exchange(is_closed_[side], true)) return;
        into(side).is_unread = true;
        into(side).lose();
        into(side).wake();
        out_of(side).end();
        turn_wait::end(out_of(side).writer);
        over_[side].set();
    }
    /// Breaks the connection where its faults say so; what has been written through `by` arrives.
    void reset_if_due(memory_direction& by) noexcept {
        if (is_reset_ || !by.breaks_now()) return;
        is_reset_ = true;
        memory_direction& other = &by == &to_[0] ? to_[1] : to_[0];
        other.lose();
        by.wake();
        other.wake();
    }

    [[noreturn]] static void fail(std::errc code, const char* what, int side) {
        throw std::system_error(std::make_error_code(code),
                                std::string(what) + " the memory stream's peer, " + name_of_end[1 - side]);
    }
    void check_open(int side, const char* what) const {
        if (is_closed_[side]) fail(std::errc::bad_file_descriptor, what, side);
    }
    /// What a write meets that cannot go on.
    void check_writable(int side, const char* what) {
        if (is_reset_) fail(std::errc::connection_reset, what, side);
        const memory_direction& out = out_of(side);
        if (out.is_ended || out.is_unread || out.is_broken) fail(std::errc::broken_pipe, what, side);
    }

    static task<std::size_t> read(std::shared_ptr<connection> self, int side, std::span<char> room) {
        constexpr const char* what = "read from";
        memory_direction& in = self->into(side);
        const alone reading(in.is_being_read, "memory_stream: two tasks read at a time");
        self->check_open(side, what);
        if (room.empty()) co_return 0;
        if (in.delay() > duration::zero()) co_await move_on_after(in.delay(), self->over_[side].wait());
        co_await turn_wait(in.reader, in.can_read() || self->is_reset_ || self->is_closed(side));
        if (self->is_closed(side)) fail(std::errc::operation_canceled, what, side);
        if (in.arrived() > 0) co_return in.take(room);
        if (self->is_reset_) fail(std::errc::connection_reset, what, side);
        co_return 0;
    }

    /// Waits until some of `bytes` can go, and sends those.
    static task<std::size_t> write_piece(connection& self, int side, std::string_view bytes) {
        constexpr const char* what = "write to";
        memory_direction& out = self.out_of(side);
        self.check_open(side, what);
        self.check_writable(side, what);
        co_await turn_wait(out.writer, bytes.empty() || out.can_write());
        if (self.is_closed(side)) fail(std::errc::operation_canceled, what, side);
        self.check_writable(side, what);
        const std::size_t sent = out.put(bytes);
        self.reset_if_due(out);
        co_return sent;
    }
    static task<std::size_t> write_some(std::shared_ptr<connection> self, int side, std::string_view bytes) {
        const alone writing(self->out_of(side).is_being_written, "memory_stream: two tasks write at a time");
        co_return co_await write_piece(*self, side, bytes);
    }
    static task<> write(std::shared_ptr<connection> self, int side, std::string_view bytes) {
        memory_direction& out = self->out_of(side);
        const alone writing(out.is_being_written, "memory_stream: two tasks write at a time");
        bool has_begun = false;
        try {
            do {
                bytes.remove_prefix(co_await write_piece(*self, side, bytes));
                has_begun = true;
            } while (!bytes.empty());
        } catch (const cancelled&) {
            out.is_broken = out.is_broken || has_begun;
            throw;
        }
    }
    static task<> close_write(std::shared_ptr<connection> self, int side) {
        memory_direction& out = self->out_of(side);
        const alone writing(out.is_being_written, "memory_stream: close_write while a task writes");
        self->check_open(side, "close towards");
        out.end();
        co_return;
    }

  private:
    memory_direction to_[2];
    bool is_reset_ = false;
    bool is_closed_[2] = {false, false};
    /// What ends the delay of a read.
    event over_[2];
};

stream_faults& stream_faults::fragment(std::size_t most) {
    if (most == 0) throw usage_error("stream_faults: a piece has at least one byte");
    most_ = most;
    draws_sizes_ = false;
    return *this;
}

stream_faults& stream_faults::fragment_randomly(std::size_t most, std::uint64_t seed) {
    fragment(most);
    draws_sizes_ = true;
    seed_ = seed;
    return *this;
}

memory_stream_options& memory_stream_options::capacity(std::size_t bytes) {
    if (bytes == 0) throw usage_error("memory_stream_options: the capacity is at least one byte");
    capacity_ = bytes;
    return *this;
}

memory_stream_pair::memory_stream_pair(const memory_stream_options& options)
    : memory_stream_pair(std::make_shared<memory_stream::connection>(options.capacity_, options.to_first_,
                                                                     options.to_second_)) {}

memory_stream_pair::memory_stream_pair(std::shared_ptr<memory_stream::connection> shared) noexcept
    : first(memory_stream(shared, 0))
    , second(memory_stream(std::move(shared), 1)) {}

memory_stream::memory_stream(std::shared_ptr<connection> shared, int side) noexcept
    : shared_(std::move(shared))
    , side_(side) {}

memory_stream& memory_stream::operator=(memory_stream&& other) noexcept {
    if (this == &other) return *this;
    close();
    shared_ = std::move(other.shared_);
    side_ = other.side_;
    return *this;
}

memory_stream::~memory_stream() {
    close();
}

task<std::size_t> memory_stream::read_some(std::span<char> room) {
    return connection::read(shared_, side_, room);
}

task<std::size_t> memory_stream::write_some(std::string_view bytes) {
    return connection::write_some(shared_, side_, bytes);
}

task<> memory_stream::write(std::string_view bytes) {
    return connection::write(shared_, side_, bytes);
}

task<> memory_stream::close_write() {
    return connection::close_write(shared_, side_);
}

void memory_stream::close() noexcept {
    if (shared_) shared_->close(side_);
}

bool memory_stream::is_quiet() noexcept {
    return !shared_->is_closed(side_) && !shared_->is_reset() && !shared_->into(side_).can_read();
}

void memory_stream::reset() noexcept {
    shared_->reset();
}

std::uint64_t memory_stream::bytes_read() const noexcept {
    return shared_->into(side_).read;
}

std::uint64_t memory_stream::bytes_written() const noexcept {
    return shared_->out_of(side_).written;
}

} // namespace tandem::testing
