// The module itself: what load_file_tools finds in it.
#include "download/steps/extract.hpp"
#include "download/steps/file_tools.hpp"
#include "thumbnail/thumbnail.hpp"

#include <utility>

extern "C" __attribute__((visibility("default"))) const file_tools tandem_file_tools;

const file_tools tandem_file_tools = {
    [](const std::string& file, int edge) { make_thumbnail(file, edge); },
    [](const std::string& archive, std::uint64_t most, std::stop_token stop) {
        extract_archive(archive, most, std::move(stop));
    },
};
