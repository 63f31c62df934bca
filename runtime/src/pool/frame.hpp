// What travels between a pool and a worker.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>

#include <tandem/pool/byte_buffer.hpp>

namespace tandem::detail {

inline constexpr std::uint32_t frame_magic = 0x444e4154; // "TAND"
inline constexpr std::uint16_t protocol_version = 2;
/// The most a frame may carry, in bytes. Arguments and results beyond it are refused before they are sent.
inline constexpr std::uint64_t payload_limit = std::uint64_t{1} << 31;

enum class frame_type : std::uint16_t {
    hello,      ///< worker: ready for jobs
    call,       ///< pool: a job
    value,      ///< worker: its result
    error,      ///< worker: its exception
    skipped,    ///< worker: the job had been cancelled before it was taken
    setting_up, ///< worker: its initializer begins; hello follows
    unfit,      ///< worker, instead of hello: which setup_step failed, and the exception
    forked,     ///< zygote: a fork_answer
    reaped,     ///< zygote: a reap_answer
    want,       ///< worker: memory, if you please; memory_grant has the answer
    gives,      ///< worker: the answer that comes next refers to this memory
    keeps,      ///< worker: goes on using this memory when the job that it came with has ended
    unneeded,   ///< worker: does not use this memory any more
};

constexpr bool is_about_memory(frame_type type) noexcept {
    return type == frame_type::want || type == frame_type::gives || type == frame_type::keeps ||
           type == frame_type::unneeded;
}

/// Where a payload is.
enum class payload_place : std::uint16_t {
    ring,   ///< behind its header
    socket, ///< on the data socket, behind a copy of its header
    arena,  ///< in shared memory, at `at`
};

/// Precedes every payload. Both ends run the same program on the same machine, so it stands there as in
/// memory.
struct frame_header {
    std::uint32_t magic = frame_magic;
    std::uint16_t version = protocol_version;
    frame_type type = frame_type::hello;
    std::uint64_t job = 0;
    /// When the job's scope ends, in nanoseconds of the monotonic clock.
    std::int64_t deadline = std::numeric_limits<std::int64_t>::max();
    std::int32_t priority = 0;
    /// The place of the job's state in the shared page.
    std::uint16_t slot = 0;
    payload_place place = payload_place::ring;
    /// Bytes of payload that follow.
    std::uint64_t length = 0;
    /// In an answer: for how long the job ran, in nanoseconds.
    std::int64_t ran = 0;
    /// A place in the arena: of the payload, or what the frame is about; in `want`, how many bytes.
    std::uint64_t at = 0;
};
static_assert(sizeof(frame_header) == 56);

/// Throws codec_error if it is no header.
void check_frame(const frame_header& header);

struct frame {
    frame_header header;
    /// `header.length` bytes, valid until the reader is used again.
    const std::byte* payload = nullptr;
};

/// Cuts frames out of a byte stream. Small ones are served from one buffer, so that a read fetches header and
/// payload, and several frames, at once; a large one is read straight into memory of its own.
///
///     while (true) {
///         while (reader.next(found)) …
///         const auto space = reader.space();
///         reader.filled(read(socket, space.data, space.size));
///     }
class frame_reader {
  public:
    struct free_space {
        std::byte* data;
        std::size_t size;
    };

    frame_reader();

    /// Where the next bytes belong; never empty after `next` has returned false.
    free_space space();
    void filled(std::size_t count) noexcept;
    /// Takes the next complete frame. Throws codec_error on what is no frame.
    bool next(frame& out);
    /// The payload of the frame that `next` returned last: a copy if it was small, the memory itself if it
    /// was large.
    byte_buffer take_payload(const frame& last);

  private:
    static constexpr std::size_t small_size = 64 * 1024;

    byte_buffer small_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    byte_buffer large_;
    std::size_t large_filled_ = 0;
    frame_header large_header_;
    bool reading_large_ = false;
};

} // namespace tandem::detail
