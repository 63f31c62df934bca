// A peer that sent more than it was allowed to.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>

#include <tandem/base/config.hpp>

namespace tandem {

/// More bytes came than the caller had set as the limit. They are still in the reader.
class TANDEM_API limit_exceeded : public std::length_error {
  public:
    /// `what` was longer than `limit` bytes: "a line".
    limit_exceeded(const std::string& what, std::size_t limit);
    ~limit_exceeded() override;
    /// The limit, in bytes.
    std::size_t limit() const noexcept { return limit_; }

  private:
    std::size_t limit_;
};

} // namespace tandem
