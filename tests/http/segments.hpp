// What tests of files that come in several parts have in common.
#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include <download/sidecar.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/temp_folder.hpp"

namespace test {

constexpr std::size_t mib = 1024 * 1024;

/// Into `folder`, in so many parts.
inline tandem::http::download_options in_parts(const temp_folder& folder, int segments = 4) {
    return tandem::http::download_options().folder(folder.path().string()).segments(segments).no_retry();
}

/// A file that it pays to have in parts.
inline served_file large_file(std::size_t size = 8 * mib + 5, unsigned seed = 1) {
    served_file file;
    file.body = content(size, seed);
    return file;
}

/// Downloads `/file` of the server.
inline tandem::http::downloaded brought(const scripted_server& server,
                                        const tandem::http::download_options& options) {
    std::optional<tandem::http::downloaded> made;
    in_loop([&]() -> tandem::task<> {
        tandem::http::client web;
        made = co_await tandem::http::download(web.get(server.url("/file")), options);
    });
    return *made;
}

/// What the requests have asked for, in order of their first bytes; a request for all is not in it.
inline std::vector<tandem::http::detail::byte_range> ranges_asked_of(const scripted_server& server,
                                                                     std::size_t size) {
    std::vector<tandem::http::detail::byte_range> all;
    for (const auto& each : server.requests()) {
        const auto field = field_of(each, "Range");
        if (field.empty()) continue;
        const auto range = range_in(field, size);
        all.push_back({range.first, range.last + 1});
    }
    std::sort(all.begin(), all.end(), [](auto& one, auto& other) { return one.begin < other.begin; });
    return all;
}

/// The note beside the part of `/file`.
inline tandem::http::detail::sidecar noted(const temp_folder& folder) {
    const auto found = tandem::http::detail::sidecar::read(folder / "file.part.tandem");
    REQUIRE(found);
    return *found;
}

} // namespace test
