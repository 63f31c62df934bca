// What a downloaded file tells of where it came from.
#pragma once
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// Gives the file the time of this Last-Modified, where it is a date.
void set_file_time(int file, std::string_view last_modified) noexcept;

/// Notes the URL in the file's extended attribute `user.xdg.origin.url`
/// (https://www.freedesktop.org/wiki/CommonExtendedAttributes), where the file system has such.
void set_origin(int file, const std::string& url) noexcept;

} // namespace tandem::http::detail
