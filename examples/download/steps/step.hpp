// What is done with a file when it has come: `--then`.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

enum class step_kind : char { thumbnail, sha256, extract, exec };

/// One of them. A plain aggregate, as it travels to worker processes.
struct step {
    step_kind kind = step_kind::sha256;
    /// The longer edge of a thumbnail in pixels, or how many bytes an archive may come to.
    std::uint64_t amount = 0;
    /// For a shell, which gets the file's path as $1.
    std::string command;
    /// As it was given.
    std::string name;
};

/// What an archive may come to unless told.
inline constexpr std::uint64_t default_extract_limit = std::uint64_t{16} << 30;

/// Reads one:
///
/// - `thumbnail:EDGE`, of an image, EDGE pixels at most on each side, beside it (make_thumbnail);
/// - `sha256`, whose line on standard output is one of sha256sum;
/// - `extract` or `extract:SIZE`, of an archive into a folder beside it (extract_archive);
/// - `exec:COMMAND`, by a shell. `{}` in it, or "$1", is the file's path; where neither is, the path is its
///   last argument.
///
/// Throws std::invalid_argument, which says what is wrong.
step step_from(std::string_view text);
