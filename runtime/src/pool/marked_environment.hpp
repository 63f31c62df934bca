// The environment that a worker starts in.
#pragma once
#include <string>
#include <vector>

#include <tandem/pool/worker_limits.hpp>

namespace tandem::detail {

/// Our environment with changes, and the mark. Refers to both.
class marked_environment {
  public:
    marked_environment(const std::vector<worker_limits::environment_change>& changes, unsigned place,
                       bool is_zygote);
    marked_environment(const marked_environment&) = delete;
    marked_environment& operator=(const marked_environment&) = delete;
    char** get() noexcept { return variables_.data(); }

  private:
    /// "NAME=value" of the changes that set something, and the mark.
    std::vector<std::string> texts_;
    std::vector<char*> variables_;
};

} // namespace tandem::detail
