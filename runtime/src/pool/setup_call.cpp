#include <tandem/pool/setup_call.hpp>

#include "pool/call.hpp"
#include "pool/frame.hpp"

namespace tandem::detail {

setup_call::setup_call(encoded_call call)
    : call_(std::make_shared<const encoded_call>(std::move(call))) {}

std::span<const std::byte> setup_call::bytes() const noexcept {
    if (!call_) return {};
    const std::span all(call_->bytes.data(), call_->bytes.size());
    return all.subspan(sizeof(frame_header)); // begin_call leaves room for one
}

std::string setup_call::name() const {
    return call_ ? describe_call(*call_) : std::string();
}

} // namespace tandem::detail
