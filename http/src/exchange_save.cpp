// How the body of an exchange's reply gets into a file.
#include "exchange.hpp"

#include <algorithm>

namespace tandem::http::detail {

namespace {

/// From this size on it pays to move a body inside the kernel: 3 to 11 % of processor time at 32 KiB, 15 at
/// 64 KiB, 29 to 46 at 1 MiB (over loopback to a file system in memory).
constexpr std::uint64_t least_moved = 32 * 1024;
/// The most that `read` hands out at once.
constexpr std::size_t largest_piece = 128 * 1024;

class file_mover final : public body_mover {
  public:
    file_mover(file_writer& file, kernel_pipe& by, std::size_t most) noexcept
        : file_(file)
        , by_(by)
        , most_(most) {}

    std::optional<std::size_t> move_from(int socket, std::size_t most) override {
        return file_.take_from(socket, by_, std::min(most, most_));
    }

  private:
    file_writer& file_;
    kernel_pipe& by_;
    const std::size_t most_;
};

} // namespace

task<> exchange::save_to(file_writer& file) {
    for (;;) {
        const auto size = co_await save_piece(file);
        if (size == 0 || is_at_end()) co_return;
    }
}

task<std::size_t> exchange::save_piece(file_writer& file, std::size_t most) {
    // Once it has begun, there is no reason to go back to reading for the end.
    moves_body_ =
        can_move_body() && (moves_body_ || lease_->movable_bytes() >= least_moved) && core_->pipe.open();
    if (moves_body_) co_return co_await move_body(file, most);
    if (most < largest_piece) co_return co_await save_small_piece(file, most);
    const auto piece = co_await read();
    write_to(file, piece);
    if (!decoder_ && lease_.get() && lease_->is_done()) end_body();
    co_return piece.size();
}

task<std::size_t> exchange::save_small_piece(file_writer& file, std::size_t most) {
    if (!decoded_) decoded_ = std::make_unique_for_overwrite<char[]>(decoded_piece);
    const auto size = co_await read_into({decoded_.get(), std::min(most, decoded_piece)});
    write_to(file, {decoded_.get(), size});
    co_return size;
}

void exchange::write_to(file_writer& file, std::string_view piece) {
    try {
        file.write(piece);
    } catch (const error& failure) {
        tracer_.end(trace_step::failed, failure.what());
        throw;
    }
}

bool exchange::can_move_body() const noexcept {
    return !failure_ && !decoder_ && lease_.get() && lease_->movable_bytes() > 0;
}

task<std::size_t> exchange::move_body(file_writer& file, std::size_t most) {
    file_mover mover(file, core_->pipe, most);
    try {
        const std::size_t size = co_await lease_->move_body(mover);
        if (size == 0) end_body();
        count_body(size);
        co_return size;
    } catch (const error& failure) {
        keep_failure(failure);
        throw;
    }
}

} // namespace tandem::http::detail
