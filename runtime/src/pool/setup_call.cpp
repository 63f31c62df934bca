#include <tandem/pool/setup_call.hpp>

#include <utility>

#include "pool/call.hpp"
#include "pool/frame.hpp"

namespace tandem::detail {

namespace {

thread_local bool encodes_setup = false;

} // namespace

setup_scope::setup_scope() noexcept
    : nowhere_(nullptr)
    , before_(std::exchange(encodes_setup, true)) {}

setup_scope::~setup_scope() {
    encodes_setup = before_;
}

bool setup_scope::is_here() noexcept {
    return encodes_setup && !payload_scope::current();
}

setup_call::setup_call(encoded_call call)
    : call_(std::make_shared<const encoded_call>(std::move(call))) {}

std::span<const std::byte> setup_call::bytes() const noexcept {
    if (!call_) return {};
    const std::span all(call_->bytes.data(), call_->bytes.size());
    return all.subspan(sizeof(frame_header)); // begin_call leaves room for one
}

std::span<const region_pointer> setup_call::attached() const noexcept {
    if (!call_) return {};
    return call_->bytes.attached();
}

std::string setup_call::name() const {
    return call_ ? describe_call(*call_) : std::string();
}

} // namespace tandem::detail
