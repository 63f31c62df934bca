#include <tandem/pool/shared_region.hpp>

#include <algorithm>
#include <utility>

#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

namespace {

thread_local payload_memory* current_memory = nullptr;

} // namespace

shared_region::~shared_region() = default;

region_pointer answer_memory::find(std::uint64_t place, std::size_t size) {
    const auto at = std::find_if(regions_.begin(), regions_.end(), [&](const region_pointer& each) {
        return each->place() == place && each->size() >= size;
    });
    if (at == regions_.end())
        throw codec_error("tandem: an answer refers to memory that did not come with it");
    return *at;
}

payload_scope::payload_scope(payload_memory* memory) noexcept
    : before_(std::exchange(current_memory, memory)) {}

payload_scope::~payload_scope() {
    current_memory = before_;
}

payload_memory* payload_scope::current() noexcept {
    return current_memory;
}

} // namespace tandem::detail
