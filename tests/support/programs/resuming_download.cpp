// Brings one URL into a folder, in the place of what is there, and goes on where an earlier run stopped:
//
//     resuming-download URL FOLDER SEGMENTS
#include <tandem/http.hpp>
#include <tandem/run.hpp>

#include <iostream>
#include <string>

namespace http = tandem::http;

namespace {

tandem::task<int> async_main(http::url link, std::string folder, int segments) {
    http::client web;
    const auto how =
        http::download_options().folder(folder).existing(http::if_exists::replace).segments(segments);
    const auto made = co_await http::download(web.get(link), how);
    std::cout << made.bytes << " bytes, " << made.resumed << " of them resumed\n";
    co_return 0;
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
