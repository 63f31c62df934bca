// A stream that ended before all of what was asked for had come.
#pragma once
#include <cstddef>
#include <stdexcept>
#include <string>

#include <tandem/base/config.hpp>

namespace tandem {

/// The orderly end of a stream came too early. What had come is in the error, and no longer in the reader.
class TANDEM_API incomplete_read : public std::runtime_error {
  public:
    /// `expected` is for the message: "100 bytes".
    incomplete_read(std::string partial, const std::string& expected);
    ~incomplete_read() override;
    const std::string& partial() const noexcept { return partial_; }

  private:
    std::string partial_;
};

} // namespace tandem
