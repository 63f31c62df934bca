#include "pool/call.hpp"

#include <string>

#include "pool/code_address.hpp"
#include "pool/frame.hpp"
#include "pool/symbol_name.hpp"

namespace tandem::detail {

encoded_call begin_call(call_thunk thunk, const void* function, const std::type_info* closure) {
    encoded_call call;
    call.bytes = encoder(sizeof(frame_header));
    call.function = function;
    call.closure = closure;
    encode_code_address(call.bytes, reinterpret_cast<const void*>(thunk));
    tandem::encode(call.bytes, function != nullptr);
    if (function) encode_code_address(call.bytes, function);
    return call;
}

void run_call(decoder& arguments, encoder& result, const std::stop_token& stop) {
    const void* thunk = decode_code_address(arguments);
    const void* function = tandem::decode<bool>(arguments) ? decode_code_address(arguments) : nullptr;
    reinterpret_cast<call_thunk>(const_cast<void*>(thunk))(arguments, result, function, stop);
}

std::string describe_call(const encoded_call& call) {
    if (!call.closure) return describe_code_address(call.function);
    return demangle(call.closure->name());
}

} // namespace tandem::detail
