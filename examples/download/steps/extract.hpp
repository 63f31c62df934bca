// Archives from strangers.
#pragma once
#include <cstdint>
#include <stop_token>
#include <string>

/// Extracts an archive (tar, zip, 7z, cpio, whatever of gzip, bzip2, xz, zstd, lz4 and compress is around it)
/// into a new folder beside it: `a/photos.tar.gz` gives `a/photos/`; or the one file in a stream that is
/// merely compressed: `a/list.txt.zst` gives `a/list.txt`. What an archive is is told by its content. Folder
/// or file appear whole, by a rename, or not at all. Returns its path.
///
/// Nothing is written outside: absolute names, names with `..`, and links that lead out of the folder make
/// the whole archive a bad one, and so do devices and sockets. No owner, set-user-id or other bit but the
/// nine of the permissions is taken over. Throws where it comes to more than `most` bytes, or to more than
/// `most_extracted` files, before these are written.
///
/// Throws std::runtime_error, std::system_error, each with the archive's path first; job_cancelled when
/// `stop` asks for its end.
std::string extract_archive(const std::string& archive, std::uint64_t most, std::stop_token stop);

inline constexpr std::uint64_t most_extracted = 1'000'000;
