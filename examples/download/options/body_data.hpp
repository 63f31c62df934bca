// What the options of curl that send data make of their values.
#pragma once
#include <string>
#include <string_view>

/// All of a file; "-" is standard input. Throws std::runtime_error, which names it.
std::string content_of(const std::string& file);

/// The value of --data: itself, or of `@FILE` its content without line ends and zero bytes.
std::string plain_data(const std::string& given);

/// The value of --data-binary: itself, or of `@FILE` its content.
std::string binary_data(const std::string& given);

/// The value of --data-urlencode: `content`, `=content`, `name=content`, `@file` or `name@file`, the content
/// percent-encoded and the name as it is.
std::string encoded_data(const std::string& given);

/// Percent-encoded but for letters, digits, '-', '.', '_' and '~' (RFC 3986 section 2.3).
std::string percent_encoded(std::string_view text);
