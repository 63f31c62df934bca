// Addresses of functions that mean the same in another process of the same program.
#pragma once
#include <string>

#include <tandem/pool/encoder.hpp>

namespace tandem {
class decoder;
}

namespace tandem::detail {

/// Appends where `code` lies: the module's identity (its build-id; else device, inode, size and modification
/// time of its file) and the offset in it. The address itself differs from process to process. Throws
/// unknown_function if `code` lies in no loaded module. Thread safe.
void encode_code_address(encoder& out, const void* code);

/// The address here of what `encode_code_address` described there. Throws unknown_function, naming the
/// module, if it is not loaded here or the offset is not in its code. Thread safe.
const void* decode_code_address(decoder& in);

/// The name of the function at `code`; its module and offset where the module has been stripped of names.
std::string describe_code_address(const void* code);

} // namespace tandem::detail
