// Exceptions as bytes.
#pragma once
#include <exception>

#include <tandem/pool/encoder.hpp>

namespace tandem {
class decoder;
}

namespace tandem::detail {

/// Appends the exception that is being handled: with its type where that is one of std's or registered by
/// carry_exception, else as what a remote_error tells.
void encode_current_exception(encoder& out);

/// The exception that `encode_current_exception` described; a codec_error where the bytes describe none.
std::exception_ptr decode_exception(decoder& in) noexcept;

} // namespace tandem::detail
