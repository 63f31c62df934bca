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
    /// What those refer to; kept for as long as the options are, or a pool that was made with them.
    std::span<const region_pointer> attached() const noexcept;
    /// The function's, for messages.
    std::string name() const;

  private:
    std::shared_ptr<const encoded_call> call_;
};

/// While a call for a pool's options is encoded, on this thread: what is shared between processes may be in
/// it, since the options keep that. Nothing else of the job that may run here concerns the pool's workers.
class TANDEM_API setup_scope {
  public:
    setup_scope() noexcept;
    setup_scope(const setup_scope&) = delete;
    setup_scope& operator=(const setup_scope&) = delete;
    ~setup_scope();

    /// True inside of one, where nothing else says where encoded values go.
    static bool is_here() noexcept;

  private:
    payload_scope nowhere_;
    bool before_;
};

} // namespace tandem::detail
