// Downloads that go on where an earlier one stopped, and those that must not.
#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/resumed.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::answer_to;
using test::check_anew;
using test::content;
using test::conversation;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::in_loop;
using test::interrupted_and_resumed;
using test::into;
using test::plain_file;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::serving;
using names = std::vector<std::string>;

TEST_CASE("a download that was cut off goes on where it stopped, if the server shows that it is the same") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    const auto made = interrupted_and_resumed(server, into(folder));
    CHECK(made.resumed == 2'000);
    CHECK(made.received == 3'000);
    CHECK(made.bytes == 5'000);
    CHECK(made.status == 206);
    CHECK(field_of(server.requests().at(0), "Range").empty());
    CHECK(field_of(server.requests().at(1), "Range") == "bytes=2000-");
    CHECK(field_of(server.requests().at(1), "If-Range") == "\"one\"");
    CHECK(field_of(server.requests().at(1), "Accept-Encoding") == "identity");
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("a file that was replaced between two runs is brought anew") {
    auto other = plain_file(5'000, 2);
    other.etag = "\"two\"";
    scripted_server server(serving([&](int n) { return n == 0 ? plain_file() : other; }, {2'000}));
    const auto made = check_anew(server, other.body);
    CHECK(made.status == 200);
    CHECK(server.requests().size() == 2);
}

TEST_CASE("a server that ignores If-Range, and sends a part of another file, is found out") {
    auto other = plain_file(5'000, 2);
    other.ignores_if_range = true;
    other.etag = GENERATE(as<std::string>{}, "\"two\"", "W/\"one\"", "");
    scripted_server server(serving([&](int n) { return n == 0 ? plain_file() : other; }, {2'000}));
    const auto made = check_anew(server, other.body);
    CHECK(made.attempts == 2);
    CHECK(server.requests().size() == 3);
    CHECK(field_of(server.requests().at(2), "Range").empty());
}

TEST_CASE("a server that does not know ranges sends the file anew") {
    auto file = plain_file();
    file.ignores_ranges = true;
    scripted_server server(serving(file, {2'000}));
    check_anew(server, file.body);
}

TEST_CASE("a part that is not the one that was asked for is not joined with what is there") {
    // What the server says in reply to bytes=2000-, with the right validator.
    const auto lie = GENERATE(as<std::string>{},
                              "Content-Range: bytes 2001-4999/5000\r\n", // another beginning
                              "Content-Range: bytes 0-4999/5000\r\n",    // all of it
                              "Content-Range: bytes 2000-4999/6000\r\n", // of a longer file
                              "Content-Range: bytes 2000-5999/6000\r\n", // the same
                              "Content-Range: bytes 2000-4999\r\n",      // half of what it should say
                              "Content-Range: lines 2000-4999/5000\r\n", // of something else
                              "Content-Range: bytes 2000-1999/5000\r\n", // nothing
                              "Content-Range: bytes 4999-2000/5000\r\n", // backwards
                              "Content-Range: bytes 2000-4000/5000\r\n", // not as long as the body
                              "Content-Range: bytes 2000-4999/5000\r\nContent-Range: bytes 1-2/5000\r\n",
                              "Content-Range: bytes 99999999999999999999-4999/5000\r\n", "");
    INFO(lie);
    const auto file = plain_file();
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const int number = count++;
            const auto whole = answer_to(*request, file);
            if (number == 0) {
                talk.send(std::string_view(whole).substr(0, whole.find("\r\n\r\n") + 4 + 2'000));
                return talk.finish();
            }
            if (field_of(*request, "Range").empty())
                talk.send(whole);
            else
                talk.send(reply(content(3'000, 7), "ETag: \"one\"\r\n" + lie, "206 Partial Content"));
        }
    });
    check_anew(server, file.body);
}

TEST_CASE("a reply in several parts is not taken for one") {
    const auto file = plain_file();
    scripted_server server(serving(
        [&](int n) {
            auto served = file;
            if (n == 1) served.more = "Content-Type: multipart/byteranges; boundary=x\r\n";
            return served;
        },
        {2'000}));
    check_anew(server, file.body);
}

TEST_CASE("a part that nobody asked for is no file") {
    test::temp_folder folder;
    scripted_server server(test::answering([](const std::string&) {
        return reply("part", "Content-Range: bytes 0-3/8\r\n", "206 Partial Content");
    }));
    in_loop([&]() -> task<> {
        client web;
        auto error =
            co_await failure_of<protocol_error>(download(web.get(server.url("/file")), into(folder)));
        CHECK(error.cause() == "a part was sent (206) where all was asked for");
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a weak ETag is never gone by") {
    auto file = plain_file();
    file.etag = "W/\"one\"";
    scripted_server server(serving(file, {2'000}));
    check_anew(server, file.body);
    CHECK(field_of(server.requests().at(1), "Range").empty());
}

TEST_CASE("a Last-Modified is gone by where the reply was made a second later, at least") {
    test::temp_folder folder;
    auto file = plain_file();
    file.etag = "";
    file.last_modified = "Fri, 02 Jan 2026 09:59:59 GMT";
    const bool is_strong = GENERATE(true, false);
    file.date = is_strong ? "Fri, 02 Jan 2026 10:00:00 GMT"
                          : GENERATE(as<std::string>{}, "Fri, 02 Jan 2026 09:59:59 GMT", "");
    scripted_server server(serving(file, {2'000}));
    const auto made = interrupted_and_resumed(server, into(folder));
    CHECK(made.resumed == (is_strong ? 2'000 : 0));
    CHECK(field_of(server.requests().at(1), "If-Range") == (is_strong ? file.last_modified : ""));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("where there is no validator the file is brought anew, unless the lengths are trusted") {
    test::temp_folder folder;
    auto file = plain_file();
    file.etag = "";
    const bool trusts = GENERATE(false, true);
    scripted_server server(serving(file, {2'000}));
    const auto made = interrupted_and_resumed(server, into(folder).trust_partial(trusts));
    CHECK(made.resumed == (trusts ? 2'000 : 0));
    CHECK(field_of(server.requests().at(1), "Range") == (trusts ? "bytes=2000-" : ""));
    CHECK(field_of(server.requests().at(1), "If-Range").empty());
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("trusted lengths have to agree") {
    auto file = plain_file();
    file.etag = "";
    auto longer = plain_file(6'000, 2);
    longer.etag = "";
    scripted_server server(serving([&](int n) { return n == 0 ? file : longer; }, {2'000}));
    check_anew(server, longer.body, download_options().trust_partial());
}

TEST_CASE("a length that was not known is told by 416, and believed where the validator is shown") {
    test::temp_folder folder;
    const bool shows = GENERATE(true, false);
    const auto file = plain_file();
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const int number = count++;
            if (number == 0) { // all of it, but not the end of the chunks
                talk.send("HTTP/1.1 200 OK\r\nETag: \"one\"\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" +
                          file.body);
                return talk.finish();
            }
            auto served = file;
            if (!shows && number == 1) served.etag = "";
            served.ignores_if_range = true;
            talk.send(answer_to(*request, served));
        }
    });
    const auto made = interrupted_and_resumed(server, into(folder));
    CHECK(field_of(server.requests().at(1), "Range") == "bytes=5000-");
    CHECK(made.resumed == (shows ? 5'000 : 0));
    CHECK(made.received == (shows ? 0 : 5'000));
    CHECK(made.attempts == (shows ? 1 : 2));
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("416 with another length begins anew") {
    const auto file = plain_file();
    auto shorter = plain_file(1'000, 2);
    shorter.ignores_if_range = true;
    scripted_server server(serving([&](int n) { return n == 0 ? file : shorter; }, {2'000}));
    check_anew(server, shorter.body);
}

TEST_CASE("a server may send less than the rest, and is asked for what is left") {
    test::temp_folder folder;
    const auto file = plain_file();
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            if (count++ == 0) {
                const auto whole = answer_to(*request, file);
                talk.send(std::string_view(whole).substr(0, whole.find("\r\n\r\n") + 4 + 500));
                return talk.finish();
            }
            const auto from = std::stoull(field_of(*request, "Range").substr(6));
            const auto part = file.body.substr(from, 1'000);
            talk.send(reply(part,
                            "ETag: \"one\"\r\nContent-Range: bytes " + std::to_string(from) + "-" +
                                std::to_string(from + part.size() - 1) + "/5000\r\n",
                            "206 Partial Content"));
        }
    });
    const auto made = interrupted_and_resumed(server, into(folder));
    CHECK(made.resumed == 500);
    CHECK(made.received == 4'500);
    CHECK(made.attempts == 5);
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a body that is decoded is never gone on with, and leaves no part") {
    test::temp_folder folder;
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/file")).decode(), into(folder)));
        CHECK(files_below(folder.path()).empty());
        const auto made = co_await download(web.get(server.url("/file")).decode(), into(folder));
        CHECK(made.resumed == 0);
    });
    CHECK(field_of(server.requests().at(1), "Range").empty());
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("a body that came coded all the same is not gone on with") {
    auto file = plain_file();
    file.more = "Content-Encoding: gzip\r\n";
    scripted_server server(serving(file, {2'000}));
    check_anew(server, file.body);
}

TEST_CASE("who does not want to resume begins anew") {
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    check_anew(server, file.body, download_options().resume(false));
    CHECK(field_of(server.requests().at(1), "Range").empty());
}

TEST_CASE(
    "who wants no part kept has none when the download fails, and goes on where it stopped until then") {
    test::temp_folder folder;
    const auto size = GENERATE(as<std::size_t>{}, 5'000, 3'000'000); // noted while it comes
    const test::served_file file{content(size)};
    scripted_server server(serving(file, {size - 2'000, 0, 0}));
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder).keep_part(false).retry(
            retry_policy().attempts(2).pause(std::chrono::milliseconds(1)));
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
    });
    CHECK(field_of(server.requests().at(1), "Range") == "bytes=" + std::to_string(size - 2'000) + '-');
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("who wants no part kept leaves one of an earlier download alone, unless he writes to it") {
    test::temp_folder folder;
    const test::served_file file{content(5'000)};
    const bool writes = GENERATE(false, true);
    scripted_server server(serving(file, {3'000, 10}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), into(folder)));
        const auto how = into(folder).keep_part(false);
        if (writes)
            co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
        else
            co_await failure_of<connect_error>(download(web.get("http://127.0.0.1:1/x"), how));
    });
    CHECK(files_below(folder.path()) == (writes ? names{} : names{"x.part", "x.part.tandem"}));
}

TEST_CASE("a redirect may lead elsewhere the next time") {
    test::temp_folder folder;
    const auto file = plain_file();
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            if (test::target_of(*request) == "/file") {
                talk.send(reply("", "Location: /mirror" + std::to_string(count++) + "\r\n", "302 Found"));
                continue;
            }
            const auto whole = answer_to(*request, file);
            const bool is_first = count == 1;
            talk.send(is_first ? whole.substr(0, whole.find("\r\n\r\n") + 4 + 2'000) : whole);
            if (is_first) return talk.finish();
        }
    });
    const auto made = interrupted_and_resumed(server, into(folder));
    CHECK(made.resumed == 2'000);
    CHECK(made.source.to_string() == server.url("/mirror1"));
    CHECK((read_file(folder / "file") == file.body));
}

TEST_CASE("save_to goes on where it stopped where it is told to, and replaces what was there") {
    test::temp_folder folder;
    folder.write("file", "old");
    const auto file = plain_file();
    scripted_server server(serving(file, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        const auto request = web.get(server.url("/file")).resume(true);
        co_await failure_of<truncated_error>(request.save_to(folder.path()));
        CHECK(read_file(folder / "file") == "old");
        CHECK(files_below(folder.path()) == names{"file", "file.part", "file.part.tandem"});
        const auto made = co_await request.save_to(folder.path());
        CHECK(made.bytes == 5'000);
        CHECK(made.path.string() == folder / "file");
    });
    CHECK(field_of(server.requests().at(1), "Range") == "bytes=2000-");
    CHECK((read_file(folder / "file") == file.body));
    CHECK(files_below(folder.path()) == names{"file"});
}
