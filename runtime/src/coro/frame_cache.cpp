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

/// Small: frames that lie close together take fewer pages, and a thousand tasks of one kind then fit what a
/// processor knows the places of (its first translation buffer, of 64 pages).
constexpr std::size_t granule = 32;
/// What malloc keeps at hand itself ends at an eighth of that, and for whatever is larger it tidies up first.
constexpr std::size_t largest = 8192;
/// Bounds what an idle thread holds on to: 4.1 MiB in 32 classes of at most 256 frames, and at most 512 KiB
/// in each class above 1 KiB; a program has frames of a few of them.
constexpr unsigned frames_a_class = 256;
constexpr unsigned large_frames_a_class = 64;
constexpr std::size_t first_large_class = 1024 / granule;

struct free_frame_link {
    free_frame_link* next;
};

struct shelf {
    free_frame_link* first = nullptr;
    /// How many more it takes: none before the thread has a `caretaker`, and none after that has gone.
    unsigned room = 0;
};

// Without a destructor, so that using them asks nothing of the thread first.
constinit thread_local std::array<shelf, largest / granule> shelves{};

/// Empties a thread's shelves at its end.
class caretaker {
  public:
    caretaker() noexcept {
        for (std::size_t i = 0; i < shelves.size(); ++i)
            shelves[i].room = i < first_large_class ? frames_a_class : large_frames_a_class;
    }
    ~caretaker() {
        for (shelf& one : shelves) {
            one.room = 0;
            while (one.first)
                ::operator delete(std::exchange(one.first, one.first->next));
        }
    }
};

void keep(shelf& on, void* frame) noexcept {
    --on.room;
    on.first = ::new (frame) free_frame_link{on.first};
}

/// For a shelf that has no room: because it is full, or nothing has been put there yet.
[[gnu::noinline]] void free_or_begin(shelf& on, void* frame) noexcept {
    static thread_local const caretaker has_come;
    if (on.room != 0)
        keep(on, frame);
    else
        ::operator delete(frame);
}

std::size_t shelf_of(std::size_t bytes) noexcept {
    return (bytes - 1) / granule;
}

} // namespace

void* allocate_frame(std::size_t bytes) {
    if (!recycles || bytes > largest) return ::operator new(bytes);
    const std::size_t number = shelf_of(bytes);
    shelf& from = shelves[number];
    if (!from.first) return ::operator new((number + 1) * granule);
    ++from.room;
    return std::exchange(from.first, from.first->next);
}

void free_frame(void* frame, std::size_t bytes) noexcept {
    if (!recycles || bytes > largest) return ::operator delete(frame);
    shelf& on = shelves[shelf_of(bytes)];
    if (on.room == 0) return free_or_begin(on, frame);
    keep(on, frame);
}

} // namespace tandem::detail
