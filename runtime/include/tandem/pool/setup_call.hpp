// A call that a pool's options hold for its workers.
#pragma once
#include <memory>
#include <span>
#include <string>

#include <tandem/pool/call.hpp>

namespace tandem::detail {

/// Encoded once, shared by all copies of the options.
class TANDEM_API setup_call {
  public:
    /// No call.
    setup_call() noexcept = default;
    explicit setup_call(encoded_call call);

    explicit operator bool() const noexcept { return call_ != nullptr; }
    /// Where the call stands; empty where there is none.
    std::span<const std::byte> bytes() const noexcept;
    /// The function's, for messages.
    std::string name() const;

  private:
    std::shared_ptr<const encoded_call> call_;
};

} // namespace tandem::detail
