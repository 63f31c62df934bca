// Memory that a pool's process and its workers both see, and who may name it to whom.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem::detail {

/// A piece of memory with an end: destroying it gives the memory back to whoever gave it.
class TANDEM_API shared_region {
  public:
    shared_region(const shared_region&) = delete;
    shared_region& operator=(const shared_region&) = delete;
    virtual ~shared_region();

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    /// Where it begins, for a process that maps the same memory elsewhere.
    std::uint64_t place() const noexcept { return place_; }

  protected:
    shared_region(std::byte* data, std::size_t size, std::uint64_t place) noexcept
        : data_(data)
        , size_(size)
        , place_(place) {}

  private:
    std::byte* data_;
    std::size_t size_;
    std::uint64_t place_;
};

using region_pointer = std::shared_ptr<shared_region>;

/// From so many bytes on a payload is worth a region of its own.
inline constexpr std::size_t region_threshold = 256 * 1024;

/// What one side of a call does with large things while it encodes or decodes.
class payload_memory {
  public:
    /// Memory that the other side sees; null where there is none to have.
    virtual region_pointer allocate(std::size_t size) noexcept = 0;
    /// Whether the other side finds the region by its place.
    virtual bool can_name(const shared_region& region) const noexcept = 0;
    /// The region that the other side has named. Throws codec_error where it had none to name.
    virtual region_pointer find(std::uint64_t place, std::size_t size) = 0;

  protected:
    ~payload_memory() = default;
};

/// For the decoding of an answer: the regions that came with it.
class TANDEM_API answer_memory final : public payload_memory {
  public:
    void set(std::vector<region_pointer> regions) noexcept { regions_ = std::move(regions); }
    region_pointer allocate(std::size_t) noexcept override { return nullptr; }
    bool can_name(const shared_region&) const noexcept override { return false; }
    region_pointer find(std::uint64_t place, std::size_t size) override;

  private:
    std::vector<region_pointer> regions_;
};

/// Says which memory it is for this thread, for as long as it lives. Not to be held across an await.
class TANDEM_API payload_scope {
  public:
    explicit payload_scope(payload_memory* memory) noexcept;
    payload_scope(const payload_scope&) = delete;
    payload_scope& operator=(const payload_scope&) = delete;
    ~payload_scope();

    /// Null outside of any.
    static payload_memory* current() noexcept;

  private:
    payload_memory* before_;
};

} // namespace tandem::detail
