// How the body of an exchange's reply gets into a file.
#include "exchange.hpp"

namespace tandem::http::detail {

namespace {

/// From this size on it pays to move a body inside the kernel: 3 to 11 % of processor time at 32 KiB, 15 at
/// 64 KiB, 29 to 46 at 1 MiB (over loopback to a file system in memory).
constexpr std::uint64_t least_moved = 32 * 1024;

class file_mover final : public body_mover {
  public:
    file_mover(part_file& file, kernel_pipe& by) noexcept
        : file_(file)
        , by_(by) {}

    std::optional<std::size_t> move_from(int socket, std::size_t most) override {
        return file_.take_from(socket, by_, most);
    }

  private:
    part_file& file_;
    kernel_pipe& by_;
};

} // namespace

task<> exchange::save_to(part_file& file) {
    bool moves = false;
    for (;;) {
        // Once it has begun, there is no reason to go back to reading for the end.
        moves = can_move_body() && (moves || lease_->movable_bytes() >= least_moved) && core_->pipe.open();
        std::size_t size = 0;
        if (moves) {
            size = co_await move_body(file);
        } else {
            const auto piece = co_await read();
            write_to(file, piece);
            size = piece.size();
        }
        if (size == 0) co_return;
    }
}

void exchange::write_to(part_file& file, std::string_view piece) {
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

task<std::size_t> exchange::move_body(part_file& file) {
    file_mover mover(file, core_->pipe);
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
