#include <tandem/pool/shared_buffer.hpp>

#include <cstdlib>
#include <cstring>
#include <new>

#include "pool/arena.hpp"

namespace tandem {

namespace {

class private_region final : public detail::shared_region {
  public:
    explicit private_region(std::size_t size)
        : shared_region(static_cast<std::byte*>(std::calloc(size, 1)), size, 0) {
        if (!data()) throw std::bad_alloc();
    }
    ~private_region() override { std::free(data()); }
};

detail::region_pointer make_region(std::size_t size) {
    detail::region_pointer made;
    if (detail::payload_memory* memory = detail::payload_scope::current()) made = memory->allocate(size);
    if (!made) made = detail::arena::own().allocate(size);
    if (!made) made = std::make_shared<private_region>(size);
    return made;
}

enum class way : std::uint8_t { here, by_place };

} // namespace

shared_buffer::shared_buffer(std::size_t size)
    : region_(size != 0 ? make_region(size) : nullptr)
    , size_(size) {}

bool shared_buffer::is_shared() const noexcept {
    return region_ && !dynamic_cast<const private_region*>(region_.get());
}

void codec<shared_buffer>::encode(encoder& out, const shared_buffer& value) {
    const detail::payload_memory* const memory = detail::payload_scope::current();
    out.write_count(value.size_);
    if (value.region_ && memory && memory->can_name(*value.region_)) {
        out.write_value(way::by_place);
        out.write_value(value.region_->place());
        out.attach(value.region_);
    } else {
        out.write_value(way::here);
        out.write(value.data(), value.size_);
    }
}

shared_buffer codec<shared_buffer>::decode(decoder& in) {
    const auto size = in.read_value<std::uint64_t>();
    const auto how = in.read_value<std::uint8_t>();
    if (how == static_cast<std::uint8_t>(way::here)) {
        if (size > in.remaining()) detail::throw_cut_short();
        shared_buffer value(static_cast<std::size_t>(size));
        in.read(value.data(), value.size_);
        return value;
    }
    detail::payload_memory* const memory = detail::payload_scope::current();
    if (how != static_cast<std::uint8_t>(way::by_place) || !memory)
        detail::throw_bad_value("shared_buffer: neither bytes nor a place");
    shared_buffer value;
    value.region_ = memory->find(in.read_value<std::uint64_t>(), static_cast<std::size_t>(size));
    value.size_ = static_cast<std::size_t>(size);
    return value;
}

} // namespace tandem
