#include <tandem/pool/shared_object.hpp>

#include <new>
#include <string>
#include <system_error>

#include "pool/arena.hpp"
#include <tandem/pool/setup_call.hpp>

namespace tandem::detail {

region_pointer shared_object::make(std::size_t size) const {
    region_pointer made;
    if (payload_memory* const memory = payload_scope::current()) made = memory->allocate(size);
    if (!made) made = arena::own().allocate(size);
    if (!made)
        throw std::system_error(ENOMEM, std::generic_category(),
                                std::string(name_) + ": " + std::to_string(size) + " bytes of shared memory");
    (new (made->data()) shared_head)->mark = mark_;
    return made;
}

void shared_object::encode(encoder& out, const region_pointer& region) const {
    if (!region) throw codec_error(std::string(name_) + ": it has been moved from");
    const payload_memory* const memory = payload_scope::current();
    const bool has_keeper =
        memory ? memory->can_name(*region) : setup_scope::is_here() && arena::is_its(*region);
    if (!has_keeper)
        throw codec_error(std::string(name_) +
                          ": it cannot be passed on here, only in the process that made it, to a pool whose "
                          "workers see the shared memory of that, and as a job's result");
    out.write_value(region->place());
    out.write_count(region->size());
    out.attach(region);
}

region_pointer shared_object::decode(decoder& in, std::size_t least_size) const {
    const auto place = in.read_value<std::uint64_t>();
    const auto size = in.read_value<std::uint64_t>();
    payload_memory* const memory = payload_scope::current();
    if (!memory) throw codec_error(std::string(name_) + ": nobody here has been given shared memory");
    region_pointer region;
    try {
        region = memory->find(place, static_cast<std::size_t>(size));
    } catch (const codec_error& error) {
        throw codec_error(std::string(name_) + ": this process does not see its memory: " + error.what());
    }
    if (place % alignof(shared_head) != 0 || size < least_size ||
        at_place<shared_head>(region, 0).mark != mark_)
        throw codec_error(std::string(name_) + ": there is none at that place");
    return region;
}

region_pointer unkept_memory::find(std::uint64_t, std::size_t) {
    throw codec_error("tandem: shared memory that nobody keeps");
}

} // namespace tandem::detail
