// The programs that fetch: Tandem's, the floors, and the peers.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "download/options.hpp"
#include "download/scratch.hpp"

namespace bench {

/// What is to be fetched: a list of links, each of which ends with the name that its file shall have.
struct errand {
    std::filesystem::path list;      ///< one a line
    std::filesystem::path curl_list; ///< the same as curl's settings
    int jobs;                        ///< at once
    std::filesystem::path folder;    ///< where to
};

/// One who is measured.
struct fetcher {
    std::string name; ///< as in the rows
    std::function<std::vector<std::string>(const errand&)> command;
};

/// tandem-get, as a user runs it.
fetcher tandem();

/// A program of this build, beside this one.
std::string own_program(const std::string& name);

/// What the floor of a case does.
enum class floor_kind {
    whole_files, ///< each read into memory, then written
    pieces,      ///< written as they come
    large_file,  ///< the same, and beside it loops of system calls
};

/// Tandem first, then the floors, then those of the peers that are installed and wanted. Says on stderr,
/// once, which are not installed.
std::vector<fetcher> fetchers(const download_options& chosen, floor_kind kind);

} // namespace bench
