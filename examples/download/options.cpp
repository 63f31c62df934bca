#include "download/options.hpp"

#include "common/command_line.hpp"

std::optional<int> read_options(get_options& chosen, std::vector<std::string> arguments) {
    CLI::App app("Downloads files over HTTP and HTTPS, many at once.", "tandem-get");
    app.add_option("URL", chosen.links,
                   "what to download; {one,two}, [001-100], [a-z] and [0-100:10] stand for many");
    app.add_flag("-g,--globoff", chosen.literal, "take {, }, [ and ] in URLs for what they are");
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
        if (chosen.links.empty() && chosen.input_file.empty())
            throw CLI::RequiredError("URL or --input-file");
    });
    return parse_command_line(app, std::move(arguments));
}
