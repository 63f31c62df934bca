// The error of everything that turns values into bytes and back.
#pragma once
#include <stdexcept>

#include <tandem/base/config.hpp>

namespace tandem {

/// A value could not be encoded, or bytes are not what `decode` was asked for: cut short, a length beyond
/// their end, nested too deep, bytes left over.
class TANDEM_API codec_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
    ~codec_error() override;
};

} // namespace tandem
