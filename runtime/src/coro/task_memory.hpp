// Reading objects of a loop whose thread may be changing them.
#pragma once
#include <cstddef>
#include <string>

namespace tandem::detail {

enum class memory_access {
    own,     ///< by the loop's own thread, between two steps or inside one: everything is as it should be
    foreign, ///< by another thread, or a signal handler: anything may be half changed or gone
};

/// Copies of what other threads write. A foreign read goes through the kernel, which answers a bad address
/// with an error instead of a signal; what it copies may still be nonsense, and the reader has to bound its
/// walks.
class task_memory {
  public:
    explicit task_memory(memory_access how) noexcept
        : how_(how) {}

    /// False where there is no such memory.
    bool copy(const void* from, void* to, std::size_t bytes) const noexcept;

    /// The text at `from`, to its end or to `limit` bytes.
    std::string text(const char* from, std::size_t limit) const;

  private:
    memory_access how_;
};

/// A copy of a `T` that lives elsewhere, to look at its members; pointers inside it lead to the original.
template <class T> class image {
  public:
    bool read(const task_memory& memory, const T* from) noexcept {
        return from && memory.copy(from, raw_, sizeof(T));
    }
    const T* operator->() const noexcept { return reinterpret_cast<const T*>(raw_); }

  private:
    alignas(T) std::byte raw_[sizeof(T)];
};

} // namespace tandem::detail
