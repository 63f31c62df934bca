// An open file descriptor with an owner.
#pragma once
#include <unistd.h>
#include <utility>

namespace tandem::detail {

class unique_fd {
  public:
    unique_fd() noexcept = default;
    explicit unique_fd(int descriptor) noexcept
        : descriptor_(descriptor) {}
    unique_fd(unique_fd&& other) noexcept
        : descriptor_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~unique_fd() {
        if (descriptor_ >= 0) close(descriptor_);
    }
    int get() const noexcept { return descriptor_; }
    int release() noexcept { return std::exchange(descriptor_, -1); }

  private:
    int descriptor_ = -1;
};

} // namespace tandem::detail
