#include "pool/worker_memory.hpp"

#include <algorithm>

#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

namespace {

[[noreturn]] void throw_not_held() {
    throw codec_error("shared memory that it does not hold");
}

const region_pointer& find(std::uint64_t place, std::span<const region_pointer> among) {
    const auto at =
        std::find_if(among.begin(), among.end(), [&](const auto& each) { return each->place() == place; });
    if (at == among.end()) throw_not_held();
    return *at;
}

} // namespace

void worker_memory::keep(std::uint64_t place, std::span<const region_pointer> arguments) {
    held_[place].push_back(find(place, arguments));
}

void worker_memory::end(std::uint64_t place) {
    const auto at = held_.find(place);
    if (at == held_.end()) throw_not_held();
    at->second.pop_back();
    if (at->second.empty()) held_.erase(at);
}

void worker_memory::give(std::uint64_t place, std::span<const region_pointer> arguments) {
    const auto at = held_.find(place);
    given_.push_back(at != held_.end() ? at->second.front() : find(place, arguments));
}

const region_pointer& worker_memory::holding(std::uint64_t place, std::size_t size) const {
    auto at = held_.upper_bound(place);
    if (at == held_.begin()) throw_not_held();
    --at;
    const region_pointer& region = at->second.front();
    if (place - region->place() > region->size() || size > region->size() - (place - region->place()))
        throw_not_held();
    return region;
}

} // namespace tandem::detail
