// What shared values, arrays, locks and queues have in common: memory that travels by its place.
#pragma once
#include <cstddef>
#include <cstdint>

#include <tandem/pool/decoder.hpp>

namespace tandem::detail {

/// Stands at the beginning of the memory of each, so that nothing else is taken for one.
struct alignas(64) shared_head {
    std::uint64_t mark = 0;
};
enum class shared_kind : std::uint64_t { value = 1, array, mutex, queue };

/// One kind of object that processes share, and what its memory has to look like.
class TANDEM_API shared_object {
  public:
    /// `name` is for messages; `element` is the size of what it is made of, which both sides have to agree
    /// on.
    constexpr shared_object(const char* name, shared_kind kind, std::size_t element = 0) noexcept
        : name_(name)
        , mark_((0x7461'6e00 + static_cast<std::uint64_t>(kind)) << 32 ^ element) {}

    /// Memory for one, aligned to 64 bytes, in which the head stands already and the rest has any value. It
    /// is of this process' own arena, or, in a worker on the thread that runs its jobs, of its pool's. Throws
    /// std::system_error where there is none.
    region_pointer make(std::size_t size) const;

    /// Names it to the other process. Throws codec_error where that cannot be: the memory is another pool's,
    /// or nothing would keep it while it is on its way.
    void encode(encoder& out, const region_pointer& region) const;
    /// Throws codec_error where there is no such object in memory that this process was given.
    region_pointer decode(decoder& in, std::size_t least_size) const;

    const char* name() const noexcept { return name_; }

  private:
    const char* name_;
    std::uint64_t mark_;
};

template <class T> T& at_place(const region_pointer& region, std::size_t offset) noexcept {
    return *reinterpret_cast<T*>(region->data() + offset);
}

/// While something is encoded that has nobody to keep what it refers to: what can be copied is, what cannot
/// throws codec_error.
class TANDEM_API unkept_memory final : public payload_memory {
  public:
    region_pointer allocate(std::size_t) noexcept override { return nullptr; }
    bool can_name(const shared_region&) const noexcept override { return false; }
    region_pointer find(std::uint64_t place, std::size_t size) override;
};

} // namespace tandem::detail
