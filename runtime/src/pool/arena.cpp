#include "pool/arena.hpp"

#include <algorithm>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "io/spawn_parts.hpp"
#include "pool/worker_mark.hpp"

namespace tandem::detail {

namespace {

/// Regions begin at multiples of it: no two share a page, and few stretches are too small for anything.
constexpr std::size_t granule = 64 * 1024;

std::size_t half_of_memory() noexcept {
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0) return std::size_t{1} << 30;
    return static_cast<std::size_t>(pages) * static_cast<std::size_t>(page) / 2 / granule * granule;
}

} // namespace

class arena::region final : public shared_region {
  public:
    region(arena& from, std::byte* data, std::size_t size, std::uint64_t place,
           std::shared_ptr<std::atomic<std::size_t>> counter) noexcept
        : shared_region(data, size, place)
        , from_(from)
        , counter_(std::move(counter)) {}
    ~region() override {
        if (counter_) *counter_ -= size();
        from_.release(place(), size());
    }
    bool is_from(const arena& which) const noexcept { return &from_ == &which; }

  private:
    arena& from_;
    std::shared_ptr<std::atomic<std::size_t>> counter_;
};

namespace {

std::atomic<arena*> present = nullptr;
std::mutex making;

} // namespace

arena& arena::own() {
    if (arena* const made = present.load(std::memory_order_acquire)) return *made;
    const std::lock_guard lock(making);
    if (!present.load()) present.store(new arena);
    return *present.load();
}

void arena::forked() noexcept {
    present.store(nullptr);
}

arena::arena() noexcept {
    // Without it payloads go through sockets, and shared_buffers are copied.
    try {
        unique_fd file(memfd_create("tandem-arena", MFD_CLOEXEC));
        if (file.get() < 0) return;
        file = lift(std::move(file), worker_descriptors);
        const std::size_t size = half_of_memory();
        if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return;
        void* base = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file.get(), 0);
        if (base == MAP_FAILED) return;
        free_.emplace(0, size);
        file_ = std::move(file);
        base_ = static_cast<std::byte*>(base);
        size_ = size;
    } catch (const std::exception&) {
    }
}

region_pointer arena::allocate(std::size_t size, std::shared_ptr<std::atomic<std::size_t>> counter) noexcept {
    if (!base_ || size > size_) return nullptr;
    size = std::max<std::size_t>(size, 1);
    size = (size + granule - 1) / granule * granule;
    try {
        const std::lock_guard lock(access_);
        const auto at =
            std::find_if(free_.begin(), free_.end(), [&](const auto& each) { return each.second >= size; });
        if (at == free_.end()) return nullptr;
        const std::uint64_t place = at->first;
        auto made = std::make_shared<region>(*this, base_ + place, size, place, counter);
        // From here on nothing throws but for a node that is there already.
        auto node = free_.extract(at);
        node.key() += size;
        node.mapped() -= size;
        if (node.mapped() != 0) free_.insert(std::move(node));
        in_use_ += size;
        if (counter) *counter += size;
        last_use_ = clock::now();
        if (place + size > used_up_to_) {
            const std::uint64_t fresh = std::max(place, used_up_to_);
            // All pages in one go cost less than one by one. Where the kernel is too old they come so.
            static_cast<void>(madvise(base_ + fresh, place + size - fresh, 23 /* MADV_POPULATE_WRITE */));
            kept_ += place + size - fresh;
            used_up_to_ = place + size;
        }
        return made;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void arena::release(std::uint64_t place, std::size_t size) noexcept {
    const std::lock_guard lock(access_);
    in_use_ -= size;
    last_use_ = clock::now();
    auto next = free_.lower_bound(place);
    if (next != free_.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second == place) {
            before->second += size;
            if (next != free_.end() && before->first + before->second == next->first) {
                before->second += next->second;
                free_.erase(next);
            }
            return;
        }
    }
    if (next != free_.end() && place + size == next->first) {
        auto node = free_.extract(next);
        node.key() = place;
        node.mapped() += size;
        free_.insert(std::move(node));
        return;
    }
    free_.emplace(place, size);
}

bool arena::is_its(const shared_region& region) noexcept {
    const auto* const known = dynamic_cast<const arena::region*>(&region);
    return known && known->is_from(own());
}

bool arena::trim(duration unused_for) noexcept {
    const std::lock_guard lock(access_);
    if (clock::now() - last_use_ < unused_for) return false;
    for (const auto& [place, size] : free_) {
        if (place >= used_up_to_) break;
        const std::uint64_t end = std::min<std::uint64_t>(place + size, used_up_to_);
        fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place),
                  static_cast<off_t>(end - place));
    }
    if (!free_.empty()) {
        const auto last = std::prev(free_.end());
        if (last->first + last->second == size_) used_up_to_ = std::min(used_up_to_, last->first);
    }
    kept_ = in_use_.load();
    return true;
}

} // namespace tandem::detail
