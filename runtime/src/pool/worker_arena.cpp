#include "pool/worker_arena.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

/// Of the pool's memory. A granted one, and one that outlives the job that named it, are missed by the pool
/// until it is told.
class worker_arena::loan final : public shared_region {
  public:
    loan(worker_arena& from, std::byte* data, std::size_t size, std::uint64_t place, bool is_missed) noexcept
        : shared_region(data, size, place)
        , from_(from)
        , is_missed_(is_missed) {}
    ~loan() override {
        if (is_missed_) from_.ends(place());
    }
    void keep() noexcept { is_missed_ = true; }

  private:
    worker_arena& from_;
    bool is_missed_;
};

worker_arena::worker_arena(shared_page& page, int descriptor, tell to_pool)
    : page_(page)
    , tell_(std::move(to_pool)) {
    if (page.arena_size != 0) {
        void* base =
            mmap(nullptr, page.arena_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
        if (base != MAP_FAILED) {
            base_ = static_cast<std::byte*>(base);
            size_ = page.arena_size;
            page.maps_arena.store(1);
        }
    }
    close(descriptor);
}

region_pointer worker_arena::allocate(std::size_t size) noexcept {
    if (!base_) return nullptr;
    return_unused();
    try {
        page_.grant.asleep.store(1);
        tell_(frame_type::want, size);
        while (page_.grant.asleep.load() == 1)
            futex_sleep(page_.grant.asleep);
        const std::size_t granted = page_.grant.size.load();
        if (granted == 0) return nullptr;
        const std::uint64_t place = page_.grant.place.load();
        return std::make_shared<loan>(*this, base_ + place, granted, place, true);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

bool worker_arena::can_name(const shared_region& region) const noexcept {
    return dynamic_cast<const loan*>(&region) != nullptr;
}

const std::byte* worker_arena::at(std::uint64_t place, std::size_t size) const {
    if (!base_ || size > size_ || place > size_ - size)
        throw codec_error("tandem: a place outside of the shared memory");
    return base_ + place;
}

region_pointer worker_arena::find(std::uint64_t place, std::size_t size) {
    static_cast<void>(at(place, size));
    for (const auto& each : named_)
        if (auto known = each.lock(); known && known->place() == place && known->size() >= size) return known;
    auto named = std::make_shared<loan>(*this, base_ + place, size, place, false);
    named_.push_back(named);
    return named;
}

void worker_arena::job_ends() noexcept {
    for (const auto& each : named_) {
        // Held until the pool knows, so that its end cannot be told first.
        if (const auto kept = each.lock()) {
            kept->keep();
            tell_(frame_type::keeps, kept->place());
        }
    }
    named_.clear();
}

bool worker_arena::return_unused() noexcept {
    std::vector<std::uint64_t> unused;
    {
        const std::lock_guard lock(access_);
        unused.swap(unused_);
    }
    for (const std::uint64_t place : unused)
        tell_(frame_type::unneeded, place);
    return !unused.empty();
}

void worker_arena::ends(std::uint64_t place) noexcept {
    const std::lock_guard lock(access_);
    unused_.push_back(place);
}

} // namespace tandem::detail
