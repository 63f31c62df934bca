#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <stdexcept>

#include <tandem/coro/sleep.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/json.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::conversation;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

/// Answers each request with its method, its type, how its body was framed, and the body.
void echo(conversation& talk) {
    while (auto request = talk.request()) {
        auto line = [&](std::string_view name) {
            const auto at = request->find("\r\n" + std::string(name) + ": ");
            if (at == std::string::npos) return std::string("-");
            const auto begin = at + name.size() + 4;
            return request->substr(begin, request->find("\r\n", begin) - begin);
        };
        auto text = request->substr(0, request->find(' ')) + '|' + line("Content-Type") + '|' +
                    line("Content-Length") + '|' + line("Transfer-Encoding") + '|';
        const bool is_head = request->starts_with("HEAD");
        text += talk.body(*request);
        if (is_head)
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        else
            talk.send(reply(text));
    }
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>(i * 13 + i / 257);
    return bytes;
}

stream<std::string> three_chunks() {
    co_yield "one ";
    co_yield "";
    co_await tandem::sleep(1ms);
    co_yield "two ";
    co_yield "three";
}

} // namespace

TEST_CASE("each method goes out under its name") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto url = server.url();
        auto got = co_await web.get(url).text();
        CHECK(got == "GET|-|-|-|");
        auto posted = co_await web.post(url).text();
        CHECK(posted == "POST|-|0|-|");
        auto put = co_await web.put(url).text();
        CHECK(put == "PUT|-|0|-|");
        auto patched = co_await web.patch(url).text();
        CHECK(patched == "PATCH|-|0|-|");
        auto deleted = co_await web.delete_(url).text();
        CHECK(deleted == "DELETE|-|-|-|");
        auto other = co_await web.request("PROPFIND", url).body("x").text();
        CHECK(other == "PROPFIND|text/plain; charset=utf-8|1|-|x");
        auto head = co_await web.head(url).send();
        CHECK(head.content_length() == 1000u);
        auto nothing = co_await head.text();
        CHECK(nothing == "");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a method that is no token is refused") {
    client web;
    for (const char* method : {"", "GET /", "GE\r\nT", "G\tT", "G{T", "CONNECT"})
        CHECK_THROWS_AS(web.request(method, "http://127.0.0.1/"), bad_request);
    CHECK_THROWS_AS(web.request(std::string("GET\0", 4), "http://127.0.0.1/"), bad_request);
}

TEST_CASE("a body's type must not break the header apart") {
    client web;
    auto post = web.post("http://127.0.0.1/");
    CHECK_THROWS_AS(post.body("x", "text/plain\r\nEvil: 1"), bad_request);
    CHECK_THROWS_AS(post.body_file("x", std::string_view("a\0b", 3)), bad_request);
    CHECK_THROWS_AS(post.header("Transfer-Encoding", "gzip"), bad_request);
}

TEST_CASE("a body is a text, or bytes") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto text = co_await web.post(server.url()).body("hello").text();
        CHECK(text == "POST|text/plain; charset=utf-8|5|-|hello");
        const std::byte bytes[] = {std::byte{1}, std::byte{0}, std::byte{2}};
        auto raw = co_await web.put(server.url()).body(bytes).text();
        CHECK(raw == std::string("PUT|application/octet-stream|3|-|\x01\0\x02", 36));
        auto typed = co_await web.post(server.url()).body("<p>", "text/html").text();
        CHECK(typed == "POST|text/html|3|-|<p>");
        auto own = co_await web.post(server.url()).body("x").header("Content-Type", "x/y").text();
        CHECK(own == "POST|x/y|1|-|x");
        auto large = pattern(3'000'000);
        auto whole = co_await web.post(server.url()).body(large).text();
        CHECK(whole.ends_with(large));
        auto empty = co_await web.post(server.url()).body("").text();
        CHECK(empty == "POST|text/plain; charset=utf-8|0|-|");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a body is a file, read while it is sent") {
    test::temp_folder folder;
    const auto bytes = pattern(1'000'000);
    const auto file = folder.write("photo.jpg", bytes);
    const auto small = folder.write("small", "few");
    const auto empty = folder.write("empty", "");
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto whole = co_await web.put(server.url()).body_file(file, "image/jpeg").text();
        CHECK((whole == "PUT|image/jpeg|1000000|-|" + bytes));
        auto few = co_await web.put(server.url()).body_file(small).text();
        CHECK(few == "PUT|application/octet-stream|3|-|few");
        auto none = co_await web.put(server.url()).body_file(empty).text();
        CHECK(none == "PUT|application/octet-stream|0|-|");
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a file that cannot be sent is an error that names URL, path and cause") {
    test::temp_folder folder;
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto missing = folder / "missing";
        auto error = co_await failure_of<file_error>(web.put(server.url("/x")).body_file(missing).text());
        CHECK(std::string(error.what()) == server.url("/x") + ": " + missing + ": No such file or directory");
        auto is_folder =
            co_await failure_of<file_error>(web.put(server.url()).body_file(folder.path()).text());
        CHECK(is_folder.cause() == folder.path().string() + ": Is a directory");
        CHECK(web.statistics().active == 0);
    });
    CHECK(server.connections() == 0);
}

TEST_CASE("a file that becomes shorter while it is sent is an error, and its connection closed") {
    test::temp_folder folder;
    const auto file = folder.write("log", pattern(10'000'000));
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.take(100'000);
        std::filesystem::resize_file(file, 100);
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        auto failure = co_await failure_of<error>(web.put(server.url()).body_file(file).text());
        CHECK(failure.cause() == file + ": the file became shorter while it was sent");
        CHECK(web.statistics().idle == 0);
    });
}

TEST_CASE("a generator's chunks are sent as they come") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto once = co_await web.post(server.url()).body_stream(three_chunks()).text();
        CHECK(once == "POST|application/octet-stream|-|chunked|one two three");
        auto request = web.post(server.url()).body_stream(three_chunks, "text/plain");
        for (int i = 0; i < 2; ++i) {
            auto again = co_await request.text();
            CHECK(again == "POST|text/plain|-|chunked|one two three");
        }
    });
    CHECK(server.connections() == 1);
}

TEST_CASE("a stream that was sent is not sent again") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto request = web.post(server.url()).body_stream(three_chunks());
        co_await request.text();
        co_await failure_of<tandem::usage_error>(request.text());
        CHECK(web.statistics().active == 0);
    });
}

TEST_CASE("what a generator throws ends the request and closes its connection") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto broken = []() -> stream<std::string> {
            co_yield "begun";
            throw std::logic_error("no more of it");
        };
        auto error = co_await failure_of<std::logic_error>(web.post(server.url()).body_stream(broken).text());
        CHECK(std::string(error.what()) == "no more of it");
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
    });
}

TEST_CASE("a form is sent as browsers do it") {
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto answers = form().add("q", "a b").add("n", "1");
        auto text = co_await web.post(server.url()).form(answers).text();
        CHECK(text == "POST|application/x-www-form-urlencoded|9|-|q=a+b&n=1");
    });
}

TEST_CASE("texts and files go out in one multipart body") {
    test::temp_folder folder;
    const auto bytes = pattern(200'000);
    const auto file = folder.write("a.jpg", bytes);
    scripted_server server(echo);
    in_loop([&]() -> task<> {
        client web;
        auto parts = multipart()
                         .add("title", "A photo\r\nof mine")
                         .add_file("photo", file, "image/jpeg")
                         .add("note", "*hello*", "text/markdown")
                         .add_bytes("no\"te\r\n", "raw", "n\"1\".txt", "text/plain");
        auto text = co_await web.post(server.url()).multipart(parts).text();
        const std::string start = "POST|multipart/form-data; boundary=";
        REQUIRE(text.starts_with(start));
        const auto boundary = text.substr(start.size(), text.find('|', start.size()) - start.size());
        CHECK(boundary.size() <= 70);
        const auto body = text.substr(text.find("|-|") + 3);
        CHECK((body ==
               "--" + boundary +
                   "\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA photo\r\nof mine\r\n--" +
                   boundary +
                   "\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n"
                   "Content-Type: image/jpeg\r\n\r\n" +
                   bytes + "\r\n--" + boundary +
                   "\r\nContent-Disposition: form-data; name=\"note\"\r\nContent-Type: text/markdown\r\n\r\n"
                   "*hello*\r\n--" +
                   boundary +
                   "\r\nContent-Disposition: form-data; name=\"no%22te%0D%0A\"; filename=\"n%221%22.txt\"\r\n"
                   "Content-Type: text/plain\r\n\r\nraw\r\n--" +
                   boundary + "--\r\n"));
        CHECK(text.find('|' + std::to_string(body.size()) + "|-|") != std::string::npos);
        auto other = co_await web.post(server.url()).multipart(parts).text();
        CHECK(other.substr(0, 100) != text.substr(0, 100));
    });
}

TEST_CASE("a part of a multipart body cannot pose as another") {
    CHECK_THROWS_AS(multipart().add(std::string_view("a\0b", 3), "x"), std::invalid_argument);
    CHECK_THROWS_AS(multipart().add_bytes("a", "x", "y", "text/plain\r\nX: 1"), std::invalid_argument);
    CHECK_THROWS_AS(multipart().add("a", "x", "text/plain\r\nX: 1"), std::invalid_argument);
    CHECK_THROWS_AS(multipart().add_file("a", ""), std::invalid_argument);
}

TEST_CASE("JSON goes out and comes back as values") {
    scripted_server server([](conversation& talk) {
        while (auto request = talk.request())
            talk.send(reply(talk.body(*request), "Content-Type: application/json\r\n"));
    });
    in_loop([&]() -> task<> {
        client web;
        boost::json::value question = {{"name", "tandem"}, {"wheels", 2}};
        auto answer = co_await web.post(server.url()).json(question).json();
        CHECK(answer == question);
        auto reply = co_await web.post(server.url()).json(question).send();
        auto again = co_await reply.json();
        CHECK(again.at("wheels") == 2);
        auto error = co_await failure_of<protocol_error>(web.post(server.url()).body("{no").json());
        CHECK(error.cause().starts_with("the body is not valid JSON: "));
    });
    CHECK(has_all(server.requests().at(0), "Content-Type: application/json\r\n",
                  "Accept: application/json\r\n"));
}
