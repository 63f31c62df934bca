// Which regions of the arena a worker holds.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include <tandem/pool/shared_region.hpp>

namespace tandem::detail {

/// The pool's account for one worker. What a worker names must be in it, or among the arguments of the job
/// that it runs; all of it comes back when the worker's end destroys this.
class worker_memory {
  public:
    void grant(region_pointer region) { held_[region->place()].push_back(std::move(region)); }
    /// The worker goes on using an argument of its job. Throws codec_error where it is none.
    void keep(std::uint64_t place, std::span<const region_pointer> arguments);
    /// The worker has let go of it. Throws codec_error where it did not hold it.
    void end(std::uint64_t place);
    /// The answer that comes next refers to it. Throws codec_error where the worker has no such region.
    void give(std::uint64_t place, std::span<const region_pointer> arguments);

    /// What the answer refers to.
    std::vector<region_pointer> take_given() noexcept { return std::exchange(given_, {}); }
    /// The region that holds `size` bytes at `place`. Throws codec_error where the worker has no such region.
    const region_pointer& holding(std::uint64_t place, std::size_t size) const;

  private:
    /// A place may be held twice: an argument that several jobs keep.
    std::map<std::uint64_t, std::vector<region_pointer>> held_;
    std::vector<region_pointer> given_;
};

} // namespace tandem::detail
