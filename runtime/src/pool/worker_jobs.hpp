// What a worker has been handed.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <tandem/base/clock.hpp>

#include "pool/shared_page.hpp"
#include <tandem/pool/pool_job.hpp>

namespace tandem::detail {

/// The jobs that a worker holds, in the order in which it takes and answers them. Each has the slot of the
/// shared page that its place here says.
class worker_jobs {
  public:
    static constexpr std::size_t most = shared_page::slots;

    struct held {
        /// Null where the worker is going to skip it.
        pool_job* job = nullptr;
        std::uint64_t id = 0;
        duration expected{0};
    };

    bool empty() const noexcept { return count_ == 0; }
    bool full() const noexcept { return count_ == most; }
    std::size_t size() const noexcept { return count_; }
    held& operator[](std::size_t index) noexcept { return held_[slot_of(index)]; }
    const held& operator[](std::size_t index) const noexcept { return held_[slot_of(index)]; }
    std::uint16_t slot_of(std::size_t index) const noexcept {
        return static_cast<std::uint16_t>((first_ + index) % most);
    }

    /// Only while not full. Returns the slot.
    std::uint16_t push(pool_job& job, std::uint64_t id, duration expected) noexcept {
        const std::uint16_t slot = slot_of(count_++);
        held_[slot] = {&job, id, expected};
        expected_ += expected;
        return slot;
    }
    held pop() noexcept {
        const held front = held_[first_];
        first_ = (first_ + 1) % most;
        --count_;
        expected_ -= front.expected;
        return front;
    }

    /// The place of the first one that is not to be skipped; `size()` if there is none. That is the one that
    /// the worker runs, or runs next.
    std::size_t first_live() const noexcept {
        std::size_t index = 0;
        while (index < count_ && !(*this)[index].job)
            ++index;
        return index;
    }
    /// The place of `job`; `size()` if it is not here.
    std::size_t find(const pool_job& job) const noexcept {
        std::size_t index = 0;
        while (index < count_ && (*this)[index].job != &job)
            ++index;
        return index;
    }
    /// How long all of them together are expected to take.
    duration expected() const noexcept { return expected_; }

  private:
    std::array<held, most> held_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    duration expected_{0};
};

} // namespace tandem::detail
