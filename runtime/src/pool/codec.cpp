#include <tandem/pool/decoder.hpp>

#include <string>

namespace tandem {

codec_error::~codec_error() = default;

namespace detail {

void throw_too_deep() {
    throw codec_error("codec: values nest deeper than " + std::to_string(codec_depth_limit) + " levels");
}
void throw_cut_short() {
    throw codec_error("codec: the bytes end before the value does");
}
void throw_bytes_left(std::size_t count) {
    throw codec_error("codec: " + std::to_string(count) + " bytes left over behind the value");
}
void throw_bad_value(const char* what) {
    throw codec_error(std::string("codec: not a valid ") + what);
}

} // namespace detail

} // namespace tandem
