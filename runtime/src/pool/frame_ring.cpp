#include "pool/frame_ring.hpp"

#include <cstring>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

namespace {

/// In place of a header: the rest of the ring, up to its end, is empty.
constexpr std::uint32_t gap_magic = 0x50414754; // "TGAP"
/// The headers of a worker's jobs, each with the gap that it may leave.
constexpr std::size_t kept_for_headers = std::size_t{64} * 2 * sizeof(frame_header);

static_assert(sizeof(frame_header) % 8 == 0, "what is left up to the ring's end holds a gap's mark");

constexpr std::uint64_t padded(std::uint64_t length) noexcept {
    return (length + 7) & ~std::uint64_t{7};
}

/// What a frame takes in the ring.
std::uint64_t taken_by(const frame_header& header) noexcept {
    return sizeof header + (header.place == payload_place::ring ? padded(header.length) : 0);
}

} // namespace

bool ring_writer::write(const frame_header& header, const std::byte* payload) noexcept {
    const bool with_payload = header.place == payload_place::ring && header.length != 0;
    const std::uint64_t needed = taken_by(header);
    std::uint64_t at = written_ % ring_memory::size;
    const std::uint64_t to_end = ring_memory::size - at;
    const std::uint64_t gap = needed > to_end ? to_end : 0;
    const std::uint64_t free = ring_memory::size - (written_ - memory_->read.load(std::memory_order_acquire));
    if (free > ring_memory::size || gap + needed + (with_payload ? kept_for_headers : 0) > free) return false;
    if (gap != 0) {
        std::memcpy(memory_->bytes + at, &gap_magic, sizeof gap_magic);
        at = 0;
    }
    std::memcpy(memory_->bytes + at, &header, sizeof header);
    if (with_payload) std::memcpy(memory_->bytes + at + sizeof header, payload, header.length);
    written_ += gap + needed;
    // Sequentially consistent, as `asleep` is: one of the two ends sees what the other has done.
    memory_->written.store(written_);
    return true;
}

bool ring_reader::next(frame& out) {
    release();
    std::uint64_t available = memory_->written.load(std::memory_order_acquire) - read_;
    if (available == 0) return false;
    if (available > ring_memory::size || available % 8 != 0)
        throw codec_error("tandem: a ring's counter is out of bounds");
    std::uint64_t at = read_ % ring_memory::size;
    std::uint32_t magic;
    std::memcpy(&magic, memory_->bytes + at, sizeof magic);
    if (magic == gap_magic) {
        const std::uint64_t gap = ring_memory::size - at;
        if (gap > available) throw codec_error("tandem: a gap of a ring is out of bounds");
        read_ += gap;
        available -= gap;
        at = 0;
    }
    frame_header header;
    if (available < sizeof header || ring_memory::size - at < sizeof header)
        throw codec_error("tandem: a frame in a ring is cut short");
    std::memcpy(&header, memory_->bytes + at, sizeof header);
    check_frame(header);
    const std::uint64_t needed = taken_by(header);
    if (needed > available || needed > ring_memory::size - at)
        throw codec_error("tandem: a frame in a ring is cut short");
    out = {header, memory_->bytes + at + sizeof header};
    taken_ = needed;
    return true;
}

void futex_sleep(std::atomic<std::uint32_t>& word) noexcept {
    static_assert(sizeof word == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free);
    syscall(SYS_futex, &word, FUTEX_WAIT, 1, nullptr, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

} // namespace tandem::detail
