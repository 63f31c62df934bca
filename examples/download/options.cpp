#include "download/options.hpp"

#include "common/command_line.hpp"
#include <fstream>
#include <iostream>

namespace {

/// Appends the lines of a file (`-` is standard input) but for blank ones and those that begin with #.
void read_links(const std::string& file, std::vector<std::string>& links) {
    std::ifstream opened;
    if (file != "-") {
        opened.open(file);
        if (!opened) throw CLI::ValidationError("--input-file", file + " cannot be read");
    }
    std::istream& in = file == "-" ? std::cin : opened;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && line[0] != '#') links.push_back(line);
    }
}

} // namespace

std::optional<int> read_options(get_options& chosen, std::vector<std::string> arguments) {
    CLI::App app("Downloads files over HTTP and HTTPS, many at once.", "tandem-get");
    app.add_option("URL", chosen.links, "what to download");
    app.add_option("-i,--input-file", chosen.input_file,
                   "take more URLs from this file, one a line; - is stdin");
    app.add_option("--output-dir", chosen.folder, "folder for the files, made if need be")
        ->capture_default_str();
    app.add_option("-j,--jobs", chosen.jobs, "how many downloads run at once")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    app.add_option("--thumbnail", chosen.thumbnail,
                   "make a thumbnail that fits EDGE x EDGE pixels of each image, in a pool of processes")
        ->type_name("EDGE")
        ->check(CLI::Range(1, 10'000));
    app.add_option("--cacert", chosen.ca_file, "trust the authorities in this PEM file, not the system's");
    app.footer("Exit status: 0 all right, 1 some failed, 2 wrong usage, 130 interrupted.");
    app.callback([&] {
        if (!chosen.input_file.empty()) read_links(chosen.input_file, chosen.links);
        if (chosen.links.empty()) throw CLI::RequiredError("URL or --input-file");
    });
    return parse_command_line(app, std::move(arguments));
}
