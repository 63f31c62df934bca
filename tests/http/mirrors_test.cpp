// Several places to get one file from.
#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "hasher.hpp"
#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::content;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::read_file;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;
using cuts = std::vector<std::optional<std::size_t>>;

namespace {

const std::string right = content(5'000);
const std::string wrong = content(5'000, 2);

download_options into(const test::temp_folder& folder) {
    return download_options()
        .folder(folder.path().string())
        .no_retry()
        .checksum(checksum(hash_algorithm::sha256, detail::hasher("SHA256").add(right).hex()));
}

} // namespace

TEST_CASE("a mirror with the wrong bytes is passed over for the next") {
    const test::temp_folder folder;
    scripted_server first(serving(served_file{wrong}));
    scripted_server second(serving(served_file{wrong}));
    scripted_server third(serving(served_file{right}));
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).mirror(second.url("/b")).mirror(third.url("/c"));
        const auto made = co_await download(web.get(first.url("/x")), how);
        CHECK(made.source.to_string() == third.url("/c"));
        CHECK(made.bytes == 5'000);
        CHECK(made.received == 15'000);
    });
    CHECK(field_of(third.requests().at(0), "Range").empty());
    CHECK((read_file(folder / "x") == right));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("bytes of two mirrors that do not fit are brought anew from the second") {
    const test::temp_folder folder;
    scripted_server first(serving(served_file{wrong}, cuts{2'000}));
    scripted_server second(serving(served_file{right}));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(first.url("/x")), into(folder).mirror(second.url("/x")));
        CHECK(made.source.to_string() == second.url("/x"));
        CHECK(made.received == 2'000 + 3'000 + 5'000);
        CHECK(made.resumed == 0);
    });
    REQUIRE(second.requests().size() == 2);
    CHECK(field_of(second.requests().at(0), "Range") == "bytes=2000-");
    CHECK(field_of(second.requests().at(1), "Range").empty());
    CHECK((read_file(folder / "x") == right));
}

TEST_CASE("where all mirrors have the wrong bytes there is no file, and the error is the last one's") {
    const test::temp_folder folder;
    scripted_server first(serving(served_file{wrong}));
    scripted_server second(serving(served_file{content(4'000, 3)}));
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<checksum_error>(
            download(web.get(first.url("/x")), into(folder).mirror(second.url("/x"))));
        CHECK(error.url() == first.url("/x"));
        CHECK(test::has_all(error.cause(), detail::hasher("SHA256").add(content(4'000, 3)).hex()));
    });
    CHECK(first.requests().size() == 1);
    CHECK(second.requests().size() == 1);
    CHECK(files_below(folder.path()).empty());
}
