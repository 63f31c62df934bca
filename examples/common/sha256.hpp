#pragma once
#include <string>
#include <string_view>

/// The SHA-256 digest of `content` in 64 hexadecimal digits, as `sha256sum` prints it.
std::string sha256(std::string_view content);
