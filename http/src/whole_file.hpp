// Small files, read at once.
#pragma once
#include <string>

namespace tandem::http::detail {

/// Everything in a file. Throws std::system_error, which names it.
std::string read_whole_file(const std::string& path);

} // namespace tandem::http::detail
