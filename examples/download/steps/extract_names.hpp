// The names in an archive, and what becomes of the archive's own.
#pragma once
#include <optional>
#include <string>
#include <string_view>

/// `name` as a path below a folder: without a `.` or an empty part, empty for the folder itself; nothing
/// where it leads out of it, as an absolute one or one with `..` may.
std::optional<std::string> inner_name(std::string_view name);

/// Whether a symbolic link of that name, as inner_name has it, leads to something in the same folder: it
/// begins with no more `..` than there are folders above the link, and has none behind another part, where it
/// would depend on further links what that means.
bool leads_within(std::string_view name, std::string_view target);

/// `photos.tar.gz` gives `photos`; a name without a known ending gets `.extracted`.
std::string name_without_archive_endings(const std::string& path);

/// `list.txt.zst` gives `list.txt`; a name without a known ending gets `.extracted`.
std::string name_without_compression(const std::string& path);
