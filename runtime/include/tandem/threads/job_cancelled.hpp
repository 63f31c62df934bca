// The error of a job that somebody did not want any more.
#pragma once
#include <stdexcept>

#include <tandem/coro/cancel_scope.hpp>

namespace tandem {

/// The job was cancelled: by its handle's `cancel()`, or with the scope in which it was submitted. (The await
/// of a job throws `cancelled` only where its own scope was cancelled.)
class TANDEM_API job_cancelled : public std::runtime_error {
  public:
    explicit job_cancelled(cancel_reason reason);
    ~job_cancelled() override;
    cancel_reason reason() const noexcept { return reason_; }

  private:
    cancel_reason reason_;
};

} // namespace tandem
