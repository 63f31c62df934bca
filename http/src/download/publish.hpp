// How a finished file gets its name.
#pragma once
#include <string>

namespace tandem::http::detail {

/// Renames `from` to `to` in one step: over a file that has that name where `replaces`, else only where
/// nothing has it. Returns 0, EEXIST where it is taken, or another errno.
int publish_file(const std::string& from, const std::string& to, bool replaces) noexcept;

/// Waits until the disk has the folder of `path`, and with it its names. Returns 0 or an errno.
int sync_folder_of(const std::string& path) noexcept;

/// The `number`th other name for a file: "photo-1.jpg" for "photo.jpg", "a-1.tar.gz" for "a.tar.gz".
std::string numbered_name(const std::string& path, int number);

} // namespace tandem::http::detail
