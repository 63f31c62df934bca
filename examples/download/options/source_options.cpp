#include "download/options/source_options.hpp"

#include "download/options/body_data.hpp"
#include "download/options/option_group.hpp"

void source_options::add_to(CLI::App& app) {
    option_group group(app, "What to fetch");
    app.add_option("URL", links,
                   "what to download; {one,two}, [001-100], [a-z] and [0-100:10] stand for many")
        ->group("What to fetch");
    group.list("--url", "URL", links, "the same as an option");
    group.text("--input-file", "FILE", input_file,
               "take more URLs from FILE, one a line; - is standard input");
    group.flag("-g,--globoff", literal, "take {, }, [ and ] in URLs for what they are");
    group.flag("--path-as-is", path_as_is, "leave /./ and /../ in URLs as they are");
    group.value(
        "--url-query", "DATA",
        [this](const std::string& given) {
            if (!query.empty()) query += '&';
            query += given.starts_with('+') ? given.substr(1) : encoded_data(given);
        },
        "add DATA to the query of each URL, encoded as by --data-urlencode; +DATA as it is");
}
