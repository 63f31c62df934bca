// A value of any size that processes read and replace as a whole.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/pool/shared_region.hpp>

namespace tandem::detail {

/// Two copies of the value, of which the newer one counts: a process that dies while it writes has written
/// where nobody looks. Readers take no lock; writers take one for as long as the copying takes, and a writer
/// that dies with it holds up nobody. Thread safe, and safe between processes.
class TANDEM_API shared_cell {
  public:
    static std::size_t memory_for(std::size_t value_size) noexcept;

    /// Makes one in fresh memory, of `value_size` bytes from `value`. Throws std::system_error.
    static void make(const region_pointer& region, const void* value, std::size_t value_size);

    shared_cell(const region_pointer& region, std::size_t value_size) noexcept
        : bytes_(region->data())
        , size_(value_size) {}

    /// Copies the value to `to`. Returns its version.
    std::uint64_t load(void* to) const noexcept;
    void store(const void* from) const;
    /// The same, and copies what was there before to `before`.
    void exchange(const void* from, void* before) const;
    /// Replaces the value if it still has that version.
    bool replace(std::uint64_t version, const void* from) const;

  private:
    std::byte* bytes_;
    std::size_t size_;
};

} // namespace tandem::detail
