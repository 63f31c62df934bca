// What tandem-get sends, and what it makes of what comes, as its options say.
#include "examples/get.hpp"
#include "support/encoded.hpp"
#include "support/realms.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using test::body_of;
using test::field_of;
using test::get;
using test::read_file;
using test::scripted_server;
using test::showing_requests;
using test::texts;

namespace {

/// The request that is made as `arguments` say, its body included.
std::string request_by(texts arguments, const test::temp_folder& folder, const std::string& target = "/a") {
    scripted_server server(showing_requests());
    arguments.push_back(server.url(target));
    return body_of(folder, std::move(arguments));
}

constexpr const char* form_type = "application/x-www-form-urlencoded";

} // namespace

TEST_CASE("data is posted as a form, in the order in which it stands") {
    test::temp_folder folder;
    folder.write("data", "from=a\r\nfile\n");
    const auto sent =
        request_by({"--data", "a=1", "--data-urlencode", "b=& c", "--data-raw", "@d", "-d", "@data"}, folder);
    CHECK_THAT(sent, StartsWith("POST /a HTTP/1.1\r\n") && EndsWith("\r\n\r\na=1&b=%26%20c&@d&from=afile"));
    CHECK(field_of(sent, "Content-Type") == form_type);
    CHECK_THAT(request_by({"--data-binary", "@data"}, folder), EndsWith("\r\n\r\nfrom=a\r\nfile\n"));
    CHECK(field_of(request_by({"-d", "a", "-H", "Content-Type: text/plain"}, folder), "Content-Type") ==
          "text/plain");
}

TEST_CASE("data goes into the query where that is asked for") {
    test::temp_folder folder;
    CHECK_THAT(request_by({"--get", "-d", "a=1", "--data-urlencode", "b= "}, folder, "/a?z#end"),
               StartsWith("GET /a?z&a=1&b=%20 HTTP/1.1\r\n"));
    CHECK_THAT(request_by({"--url-query", "q=x y", "--url-query", "+raw%20", "-d", "body"}, folder),
               StartsWith("POST /a?q=x%20y&raw%20 HTTP/1.1\r\n") && EndsWith("\r\n\r\nbody"));
    CHECK_THAT(request_by({"-X", "DELETE", "--url-query", "x"}, folder),
               StartsWith("DELETE /a?x HTTP/1.1\r\n"));
}

TEST_CASE("JSON is posted as what it is") {
    test::temp_folder folder;
    folder.write("object", "{\"wheels\": 2}\n");
    const auto sent = request_by({"--json", "@object"}, folder);
    CHECK_THAT(sent, StartsWith("POST ") && EndsWith("\r\n\r\n{\"wheels\": 2}\n"));
    CHECK(field_of(sent, "Content-Type") == "application/json");
    CHECK(field_of(sent, "Accept") == "application/json");
    CHECK(field_of(request_by({"--json", "1", "-H", "Accept: x/y"}, folder), "Accept") == "x/y");
}

TEST_CASE("a form has texts and files as its parts") {
    test::temp_folder folder;
    folder.write("note.txt", "two\nlines\n");
    const auto sent =
        request_by({"--form", "name=me", "-F", "note=@note.txt;type=text/plain", "-F", "text=<note.txt", "-F",
                    "as=@note.txt;filename=other.md", "--form-string", "plain=@note.txt;type=x"},
                   folder);
    const auto type = field_of(sent, "Content-Type");
    REQUIRE_THAT(type, StartsWith("multipart/form-data; boundary="));
    const auto boundary = "--" + type.substr(type.find('=') + 1);
    CHECK_THAT(sent, Contains(boundary + "\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nme\r\n"));
    CHECK_THAT(sent, Contains("name=\"note\"; filename=\"note.txt\"\r\nContent-Type: text/plain\r\n\r\n"
                              "two\nlines\n\r\n" +
                              boundary));
    CHECK_THAT(sent, Contains("name=\"text\"\r\n\r\ntwo\nlines\n\r\n"));
    CHECK_THAT(sent, Contains("name=\"as\"; filename=\"other.md\"\r\n"));
    CHECK_THAT(sent, Contains("name=\"plain\"\r\n\r\n@note.txt;type=x\r\n"));
    CHECK_THAT(sent, EndsWith(boundary + "--\r\n"));
}

TEST_CASE("a file is put under its own name, at a URL that ends in a slash") {
    test::temp_folder folder;
    const std::string content(200'000, 'x');
    folder.write("up load", content);
    const auto sent = request_by({"--upload-file", "up load"}, folder, "/in/?v=1");
    CHECK_THAT(sent, StartsWith("PUT /in/up%20load?v=1 HTTP/1.1\r\n") && EndsWith("\r\n\r\n" + content));
    CHECK(field_of(sent, "Content-Length") == "200000");
    CHECK_THAT(request_by({"-T", "up load", "-X", "POST"}, folder), StartsWith("POST /a HTTP/1.1\r\n"));
}

TEST_CASE("what is put may come from standard input, in chunks") {
    test::temp_folder folder;
    scripted_server server(showing_requests());
    test::child_process program({test::program("tandem-get"), "-o", "-", "-T", "-", server.url("/a")},
                                {.input = true, .folder = folder.path().string()});
    program.write("one, ");
    program.write("two");
    program.close_input();
    CHECK(program.wait() == 0);
    INFO(program.errors());
    CHECK_THAT(program.output(), StartsWith("PUT /a HTTP/1.1\r\n") && EndsWith("\r\n\r\none, two"));
    CHECK(field_of(program.output(), "Transfer-Encoding") == "chunked");
}

TEST_CASE("a file that is to be sent and is not there is said by its name") {
    test::temp_folder folder;
    scripted_server server(showing_requests());
    const auto put = get(folder, {"-T", "none.txt", server.url("/a")});
    CHECK(put.status != 0);
    CHECK_THAT(put.errors, Contains("none.txt") && Contains("No such file"));
    const auto posted = get(folder, {"-F", "a=@none.txt", server.url("/a")});
    CHECK(posted.status != 0);
    CHECK_THAT(posted.errors, Contains("none.txt") && Contains("No such file"));
    CHECK(server.requests().empty());
}

TEST_CASE("compressed replies are taken where that is asked for, and what they decode to is kept") {
    test::temp_folder folder;
    const std::string text(50'000, 't');
    const auto packed = test::gzip(text);
    scripted_server server([&](test::conversation& talk) {
        while (talk.request())
            talk.send(test::reply(packed, "Content-Encoding: gzip\r\n"));
    });
    CHECK(get(folder, {"--compressed", server.url("/plain")}).status == 0);
    CHECK_THAT(field_of(server.requests().back(), "Accept-Encoding"), Contains("gzip"));
    CHECK(read_file(folder / "plain") == text);
    CHECK(get(folder, {"--raw", server.url("/packed")}).status == 0);
    CHECK(read_file(folder / "packed") == packed);
    CHECK(get(folder, {server.url("/as-it-is")}).status == 0);
    CHECK_THAT(field_of(server.requests().back(), "Accept-Encoding"), !Contains("gzip"));
    CHECK(read_file(folder / "as-it-is") == packed);
}

TEST_CASE("a raw body keeps its chunks") {
    test::temp_folder folder;
    const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
    scripted_server server([&](test::conversation& talk) {
        while (talk.request())
            talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    });
    CHECK(get(folder, {"--raw", server.url("/raw")}).status == 0);
    CHECK(read_file(folder / "raw") == chunks);
    CHECK(get(folder, {server.url("/cooked")}).status == 0);
    CHECK(read_file(folder / "cooked") == "hello");
}

TEST_CASE("headers alone are printed, whatever the reply says") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (talk.request())
            talk.send("HTTP/1.1 404 Not Here\r\nContent-Length: 10\r\nX-More: 1\r\n\r\n");
    });
    const auto head = get(folder, {"--head", server.url("/a")});
    CHECK(head.output == "HTTP/1.1 404 Not Here\r\nContent-Length: 10\r\nX-More: 1\r\n\r\n");
    CHECK(head.status == 8);
    CHECK_THAT(server.requests().at(0), StartsWith("HEAD /a HTTP/1.1\r\n"));
    CHECK(test::files_below(folder.path()).empty());
}

TEST_CASE("what comes with an error is kept where that is asked for, and stays an error") {
    test::temp_folder folder;
    scripted_server server(
        test::answering([](const std::string&) { return test::reply("why not", "", "403 Forbidden"); }));
    const auto without = get(folder, {server.url("/a")});
    CHECK(without.status == 8);
    CHECK(test::files_below(folder.path()).empty());
    const auto with = get(folder, {"--fail-with-body", server.url("/a")});
    CHECK(with.status == 8);
    CHECK_THAT(with.errors, StartsWith(server.url("/a") + ": 403"));
    CHECK(read_file(folder / "a") == "why not");
    const auto printed = get(folder, {"--fail-with-body", "-o", "-", server.url("/a")});
    CHECK(printed.status == 8);
    CHECK(printed.output == "why not");
}
