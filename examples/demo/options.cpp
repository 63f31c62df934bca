#include "demo/options.hpp"

#include "common/command_line.hpp"
#include <algorithm>

bool demo_options::wants(const std::string& mode) const {
    return std::find(modes.begin(), modes.end(), mode) != modes.end();
}

std::optional<int> read_options(demo_options& chosen, std::vector<std::string> arguments) {
    CLI::App app("Compares ways to download photos from an origin of its own and to make their thumbnails.\n"
                 "With URLs it downloads these instead, with thumbnails.",
                 "tandem-demo");
    app.add_option("URL", chosen.links, "download this in place of the comparison");
    app.add_option("-i,--input-file", chosen.input_file, "the same for the URLs in this file, one a line");
    app.add_option("--output-dir", chosen.folder, "folder for the files")->capture_default_str();
    app.add_option("--files", chosen.files, "how many photos")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--latency", chosen.latency, "milliseconds that the origin waits before each photo")
        ->check(CLI::Range(0, 60'000))
        ->capture_default_str();
    app.add_option("--modes", chosen.modes, "what to compare")
        ->delimiter(',')
        ->check(CLI::IsMember(chosen.modes))
        ->capture_default_str();
    app.add_option("--corrupt", chosen.corrupt,
                   "let the origin change a byte of this photo: the demo has to fail");
    app.footer("Exit status: 0 only if every byte of every file was right.");
    return parse_command_line(app, std::move(arguments));
}
