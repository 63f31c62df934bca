// Memory for coroutine frames. A program makes and drops frames of a few sizes all the time, each mostly on
// one thread, so every thread keeps what it freed for its next frames: a fifth of malloc's cost.
#include <tandem/coro/promise.hpp>

#include <array>
#include <cstdlib>
#include <new>

namespace tandem::detail {
namespace {

#ifdef NDEBUG
constexpr bool recycles = true;
#else
// A frame that is used again at once would hide a use after free from valgrind and the sanitizers.
constexpr bool recycles = false;
#endif

constexpr std::size_t granule = 64;
constexpr std::size_t largest = 1024;
/// Bounds what an idle thread holds on to: 16 classes of at most 256 frames, 2.1 MiB in all.
constexpr unsigned frames_a_class = 256;

struct free_frame_link {
    free_frame_link* next;
};

struct cache {
    struct shelf {
        free_frame_link* first = nullptr;
        unsigned count = 0;
    };
    std::array<shelf, largest / granule> shelves;

    ~cache() {
        for (shelf& one : shelves) {
            while (one.first)
                ::operator delete(std::exchange(one.first, one.first->next));
            one.count = frames_a_class; // what is freed after the thread's end goes straight back
        }
    }
};

thread_local cache frames;

std::size_t shelf_of(std::size_t bytes) noexcept {
    return (bytes - 1) / granule;
}

} // namespace

void* allocate_frame(std::size_t bytes) {
    if (!recycles || bytes > largest) return ::operator new(bytes);
    const std::size_t number = shelf_of(bytes);
    cache::shelf& shelf = frames.shelves[number];
    if (!shelf.first) return ::operator new((number + 1) * granule);
    --shelf.count;
    return std::exchange(shelf.first, shelf.first->next);
}

void free_frame(void* frame, std::size_t bytes) noexcept {
    if (recycles && bytes <= largest) {
        cache::shelf& shelf = frames.shelves[shelf_of(bytes)];
        if (shelf.count < frames_a_class) {
            ++shelf.count;
            shelf.first = ::new (frame) free_frame_link{shelf.first};
            return;
        }
    }
    ::operator delete(frame);
}

} // namespace tandem::detail
