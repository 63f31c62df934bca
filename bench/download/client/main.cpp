// bench-download-client: http::client alone, beside which bench-download holds what tandem-get adds. It
// fetches each URL of a list into a folder, as a user of the library would write that.
//
//     bench-download-client LIST JOBS FOLDER
#include <tandem/coro/for_each.hpp>
#include <tandem/http.hpp>
#include <tandem/run.hpp>

#include <fstream>
#include <string>
#include <vector>

namespace http = tandem::http;
using tandem::task;

namespace {

std::vector<http::url> read_links(const std::string& file) {
    std::vector<http::url> links;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        links.emplace_back(line);
    return links;
}

task<int> async_main(std::string list, std::size_t jobs, std::string folder) {
    auto links = read_links(list);
    http::client web(http::client_options().per_host(jobs).total(jobs));
    co_await tandem::for_each(links, tandem::at_most(jobs),
                              [&](http::url& link) { return web.get(link).save_to(folder); });
    co_return 0;
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
