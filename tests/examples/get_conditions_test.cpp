// What tandem-get fetches only if something holds, and how much of it.
#include "examples/get.hpp"
#include "http/file_server.hpp"

#include <algorithm>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::get;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::texts;

namespace {

/// Has one version of a file, with its ETag and its date; knows both conditions, and ranges.
scripted_server::script with_version(const std::string& etag, const std::string& date) {
    return [=](test::conversation& talk) {
        while (const auto request = talk.request()) {
            test::served_file file;
            file.body = "the file";
            file.etag = etag;
            file.last_modified = date;
            const auto etags = test::field_of(*request, "If-None-Match");
            const auto since = test::field_of(*request, "If-Modified-Since");
            const auto until = test::field_of(*request, "If-Unmodified-Since");
            if (etags == etag || (etags.empty() && since == date))
                talk.send("HTTP/1.1 304 Not Modified\r\nETag: " + etag + "\r\n\r\n");
            else if (!until.empty() && until != date)
                talk.send(reply("changed", "", "412 Precondition Failed"));
            else
                talk.send(test::answer_to(*request, file));
        }
    };
}

constexpr const char* first_date = "Thu, 29 Feb 2024 00:00:00 GMT";
constexpr const char* second_date = "Fri, 01 Mar 2024 00:00:00 GMT";

} // namespace

TEST_CASE("an ETag is saved, and held against the next reply") {
    test::temp_folder folder;
    scripted_server before(with_version("\"one\"", first_date));
    CHECK(
        get(folder, {"--etag-save", "etag", "--etag-compare", "etag", "-o", "x", before.url("/a")}).status ==
        0);
    CHECK(read_file(folder / "etag") == "\"one\"\n");
    CHECK(read_file(folder / "x") == "the file");
    CHECK(test::field_of(before.requests().at(0), "If-None-Match").empty());

    const texts again = {"--etag-save", "etag", "--etag-compare", "etag", "--clobber", "-o", "x"};
    const auto asks = [&](const scripted_server& server) {
        auto how = again;
        how.push_back(server.url("/a"));
        const auto result = get(folder, std::move(how));
        INFO(result.errors);
        CHECK(result.status == 0);
        return test::field_of(server.requests().back(), "If-None-Match");
    };
    folder.write("x", "as it was");
    CHECK(asks(before) == "\"one\"");
    CHECK(read_file(folder / "x") == "as it was");
    CHECK(read_file(folder / "etag") == "\"one\"\n");

    scripted_server after(with_version("\"two\"", second_date));
    CHECK(asks(after) == "\"one\"");
    CHECK(read_file(folder / "x") == "the file");
    CHECK(read_file(folder / "etag") == "\"two\"\n");
    CHECK(test::files_below(folder.path()) == texts{"etag", "x"});
}

TEST_CASE("the ETag of what failed is not saved") {
    test::temp_folder folder;
    scripted_server server(test::answering(
        [](const std::string&) { return reply("no", "ETag: \"error\"\r\n", "404 Not Found"); }));
    CHECK(get(folder, {"--etag-save", "etag", server.url("/a")}).status == 8);
    CHECK(test::files_below(folder.path()).empty());
    const auto two = get(folder, {"--etag-save", "etag", server.url("/a"), server.url("/b")});
    CHECK(two.status == 2);
    CHECK_THAT(two.errors, Contains("--etag-save: there has to be one URL"));
}

TEST_CASE("only what has changed since a date, or a file's, is fetched") {
    test::temp_folder folder;
    scripted_server server(with_version("\"one\"", first_date));
    const auto fetch = [&](const std::string& date) {
        folder.write("x", "as it was");
        return get(folder, {"--time-cond", date, "--clobber", "-o", "x", server.url("/a")}).status;
    };
    CHECK(fetch("2024-02-29") == 0);
    CHECK(test::field_of(server.requests().back(), "If-Modified-Since") == first_date);
    CHECK(read_file(folder / "x") == "as it was");
    CHECK(fetch("2024-02-28") == 0);
    CHECK(read_file(folder / "x") == "the file");
    CHECK(fetch(folder.write("older", "")) == 0);
    CHECK_THAT(test::field_of(server.requests().back(), "If-Modified-Since"), Contains(" GMT"));

    CHECK(fetch("-2024-02-28") == 8);
    CHECK(test::field_of(server.requests().back(), "If-Unmodified-Since") == "Wed, 28 Feb 2024 00:00:00 GMT");
    CHECK(read_file(folder / "x") == "as it was");
    CHECK(fetch("-2024-02-29") == 0);
    CHECK(read_file(folder / "x") == "the file");
}

TEST_CASE("the time that the server says may be the file's, and then is the next condition") {
    test::temp_folder folder;
    scripted_server server(with_version("\"one\"", first_date));
    CHECK(get(folder, {"--remote-time", "-o", "x", server.url("/a")}).status == 0);
    CHECK(get(folder, {"-z", "x", "--clobber", "-o", "x", server.url("/a")}).status == 0);
    CHECK(test::field_of(server.requests().back(), "If-Modified-Since") == first_date);
    CHECK(get(folder, {"-o", "y", server.url("/a")}).status == 0);
    CHECK(get(folder, {"-z", "y", "--clobber", "-o", "y", server.url("/a")}).status == 0);
    CHECK(test::field_of(server.requests().back(), "If-Modified-Since") != first_date);
}

TEST_CASE("a range is fetched as it is asked for, and is no part of the whole") {
    test::temp_folder folder;
    scripted_server server(with_version("\"one\"", first_date));
    CHECK(get(folder, {"--range", "4-", "-o", "end", server.url("/a")}).status == 0);
    CHECK(read_file(folder / "end") == "file");
    CHECK(get(folder, {"-r", "0-2", "-o", "begin", server.url("/a")}).status == 0);
    CHECK(read_file(folder / "begin") == "the");
    CHECK(get(folder, {"-r", "100-", "-o", "none", server.url("/a")}).status == 8);
    for (const auto& each : server.requests())
        CHECK_THAT(each, !Contains("If-Range"));
    CHECK(test::files_below(folder.path()) == texts{"begin", "end"});
}
