// What tests of downloads that go on, or must not, have in common.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/temp_folder.hpp"

namespace test {

inline tandem::http::download_options into(const temp_folder& folder) {
    return tandem::http::download_options().folder(folder.path().string()).no_retry();
}

inline served_file plain_file(std::size_t size = 5'000, unsigned seed = 1) {
    served_file file;
    file.body = content(size, seed);
    return file;
}

/// Downloads `/file` of the server twice: the first is to be cut off.
inline tandem::http::downloaded interrupted_and_resumed(const scripted_server& server,
                                                        const tandem::http::download_options& options) {
    std::optional<tandem::http::downloaded> made;
    in_loop([&]() -> tandem::task<> {
        tandem::http::client web;
        co_await failure_of<tandem::http::truncated_error>(
            tandem::http::download(web.get(server.url("/file")), options));
        made = co_await tandem::http::download(web.get(server.url("/file")), options);
    });
    return *made;
}

/// That nothing of the first download is in the second, which brings all of `body`.
inline tandem::http::downloaded check_anew(const scripted_server& server, const std::string& body,
                                           tandem::http::download_options options = {}) {
    const temp_folder folder;
    options.folder(folder.path().string()).no_retry();
    auto made = interrupted_and_resumed(server, options);
    CHECK(made.resumed == 0);
    CHECK((read_file(folder / "file") == body));
    CHECK(files_below(folder.path()) == std::vector<std::string>{"file"});
    return made;
}

} // namespace test
