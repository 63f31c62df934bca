// Exceptions as bytes.
#pragma once
#include <exception>

namespace tandem {
class decoder;
}

namespace tandem::detail {

/// The exception that the bytes describe, to their end; a codec_error where they describe none.
std::exception_ptr decode_exception(decoder& in) noexcept;

} // namespace tandem::detail
