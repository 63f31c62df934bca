// The worker's half of a call.
#pragma once
#include <tandem/pool/call.hpp>

namespace tandem::detail {

/// Runs the call that `arguments` describe (behind the frame header) and encodes its result. Throws what the
/// function throws, codec_error or unknown_function.
void run_call(decoder& arguments, encoder& result, const std::stop_token& stop);

/// A name for the function of `call` in messages.
std::string describe_call(const encoded_call& call);

} // namespace tandem::detail
