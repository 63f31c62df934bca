#pragma once
#include <stop_token>
#include <string>
#include <string_view>

/// The SHA-256 digest of `content` in 64 hexadecimal digits, as `sha256sum` prints it.
std::string sha256(std::string_view content);

/// That of a file's content. Throws std::system_error, which names the file, and job_cancelled when `stop`
/// asks for its end.
std::string sha256_of_file(const std::string& path, const std::stop_token& stop = {});
