#include <tandem/io/byte_stream.hpp>

namespace tandem {

byte_stream::~byte_stream() = default;

} // namespace tandem
