#include <tandem/sync/latch.hpp>

#include <tandem/base/error.hpp>

namespace tandem {

latch::latch(std::size_t count) noexcept
    : count_(count) {
    if (count == 0) opened_.set();
}

void latch::count_down(std::size_t by) {
    if (by > count_) throw usage_error("latch: counted down below zero");
    count_ -= by;
    if (count_ == 0) opened_.set();
}

} // namespace tandem
