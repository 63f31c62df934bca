// Frames handed from one process to another through memory that both map.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "pool/frame.hpp"
#include <tandem/base/clock.hpp>

namespace tandem::detail {

/// One direction. Both counters only grow; what lies between them has been written and not read.
struct ring_memory {
    static constexpr std::size_t size = 64 * 1024;

    alignas(64) std::atomic<std::uint64_t> written{0};
    alignas(64) std::atomic<std::uint64_t> read{0};
    /// 1 while the reader sleeps and has to be woken. A futex where the reader is a worker.
    alignas(64) std::atomic<std::uint32_t> asleep{0};
    alignas(64) std::byte bytes[size];
};

/// The writing end. A frame that has been written is the reader's, even if the writer dies then.
class ring_writer {
  public:
    /// The most that a payload may take in the ring; a longer one goes another way, and leaves room for
    /// others.
    static constexpr std::size_t longest = ring_memory::size / 4;

    ring_writer() noexcept = default;
    explicit ring_writer(ring_memory& memory) noexcept
        : memory_(&memory) {}

    /// Writes a header and, where `header.place` says so, its payload. Returns false if there is no room.
    /// Room for the headers of all jobs that a worker may hold is kept: headers alone always fit.
    bool write(const frame_header& header, const std::byte* payload) noexcept;
    /// True if the reader sleeps and whoever asks has to wake it.
    bool must_wake() noexcept { return memory_->asleep.load() == 1 && memory_->asleep.exchange(0) == 1; }

  private:
    ring_memory* memory_ = nullptr;
    /// What `memory_->written` says, without trust in the other process.
    std::uint64_t written_ = 0;
};

/// The reading end.
class ring_reader {
  public:
    ring_reader() noexcept = default;
    explicit ring_reader(ring_memory& memory) noexcept
        : memory_(&memory) {}

    /// Takes the next frame; its payload is valid until the next call. Throws codec_error on what is no
    /// frame.
    bool next(frame& out);
    /// Frees the place of the frame that `next` gave.
    void release() noexcept {
        if (taken_ == 0) return;
        read_ += taken_;
        taken_ = 0;
        memory_->read.store(read_, std::memory_order_release);
    }
    /// True if there is nothing left behind what `next` gave.
    bool is_empty() const noexcept { return memory_->written.load() == read_ + taken_; }
    /// Announces that the reader is about to sleep. Returns false, and takes it back, if a frame has come.
    bool may_sleep() noexcept {
        memory_->asleep.store(1);
        if (is_empty()) return true;
        memory_->asleep.store(0);
        return false;
    }
    std::atomic<std::uint32_t>& asleep() noexcept { return memory_->asleep; }

  private:
    ring_memory* memory_ = nullptr;
    std::uint64_t read_ = 0;
    std::uint64_t taken_ = 0;
};

/// Looks at `ready()` again and again until it is true or the time is over.
template <class Ready> bool spin_until(Ready ready, time_point end) {
    while (true) {
        for (int i = 0; i < 32; ++i) {
            if (ready()) return true;
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#endif
        }
        if (clock::now() >= end) return false;
    }
}

/// Whether it is worth to spin, by how it went before: after so many times in vain, one time in so many.
class spin_experience {
  public:
    bool is_worth_it() noexcept { return skipped_ >= misses_ ? (skipped_ = 0, true) : (++skipped_, false); }
    void note(bool found) noexcept { misses_ = found ? 0 : misses_ < most ? 2 * misses_ + 1 : most; }

  private:
    static constexpr int most = 63;
    int misses_ = 0;
    int skipped_ = 0;
};

/// Sleeps until `word` is not 1 any more, or a signal comes, or for no reason.
void futex_sleep(std::atomic<std::uint32_t>& word) noexcept;
void futex_wake(std::atomic<std::uint32_t>& word) noexcept;

} // namespace tandem::detail
