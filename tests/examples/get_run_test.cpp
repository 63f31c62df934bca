// tandem-get as it is run: what its exit status says, what it prints, and its man page.
#include "examples/get.hpp"

#include <atomic>
#include <sstream>
#include <unistd.h>

using Catch::Matchers::Contains;
using test::get;
using test::reply;
using test::scripted_server;

TEST_CASE("the exit status says what all failures have in common") {
    test::temp_folder folder;
    scripted_server server(test::answering([](const std::string& target) {
        if (target == "/garbage") return std::string("no HTTP at all\r\n\r\n");
        const auto status = target.substr(1);
        return reply("body", "", status == "a" ? "200 OK" : status + " Status");
    }));
    const auto status_of = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"--retry", "0", "--clobber"});
        const auto result = get(folder, std::move(words));
        INFO(result.errors);
        return result.status;
    };
    CHECK(status_of({server.url("/a")}) == 0);
    CHECK(status_of({server.url("/404")}) == 8);
    CHECK(status_of({server.url("/a"), server.url("/404"), server.url("/500")}) == 8);
    CHECK(status_of({server.url("/401")}) == 6);
    CHECK(status_of({server.url("/garbage")}) == 7);
    CHECK(status_of({server.url("/404"), server.url("/401")}) == 1);
    CHECK(status_of({"http://127.0.0.1:1/"}) == 4);
    CHECK(status_of({"no-url"}) == 2);
    CHECK(status_of({"--output-dir", "/dev/null/x", server.url("/a")}) == 3);
    CHECK(status_of({"--checksum", "md5:00000000000000000000000000000000", server.url("/a")}) == 9);
    CHECK(status_of({"--max-filesize", "3", server.url("/a")}) == 10);
}

TEST_CASE("requests go out as the options say") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request()) {
            const auto body = talk.body(*request);
            talk.send(reply(*request + "|" + body));
        }
    });
    const auto seen = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"-o", "-", server.url("/a?b=c#d")});
        const auto result = get(folder, std::move(words));
        INFO(result.errors);
        CHECK(result.status == 0);
        return result.output;
    };
    CHECK_THAT(seen({"-d", "x=1", "-d", "y"}),
               Contains("POST /a?b=c HTTP/1.1\r\n") && Contains("|x=1&y") &&
                   Contains("Content-Type: application/x-www-form-urlencoded\r\n"));
    CHECK_THAT(seen({"-G", "-d", "x=1"}), Contains("GET /a?b=c&x=1 HTTP/1.1\r\n"));
    CHECK_THAT(seen({"--json", "{}"}),
               Contains("Content-Type: application/json\r\n") && Contains("Accept: application/json\r\n"));
    CHECK_THAT(seen({"-X", "PATCH", "-u", "Aladdin:open sesame", "-A", "me/1", "-e", "http://r/"}),
               Contains("PATCH /a?b=c HTTP/1.1\r\n") &&
                   Contains("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n") &&
                   Contains("User-Agent: me/1\r\n") && Contains("Referer: http://r/\r\n"));
    CHECK_THAT(seen({"-H", "X-One: 1", "-H", "Accept:", "-b", "c=1", "-r", "0-4"}),
               Contains("X-One: 1\r\n") && !Contains("Accept:") && Contains("Cookie: c=1\r\n") &&
                   Contains("Range: bytes=0-4\r\n"));
    CHECK_THAT(seen({"-F", "a=b;type=text/x"}),
               Contains("multipart/form-data") && Contains("Content-Type: text/x"));
    CHECK_THAT(seen({"-T", folder.write("up", "loaded")}),
               Contains("PUT /a?b=c HTTP") && Contains("|loaded"));
}

TEST_CASE("redirects keep the method that was given, and become the referer where that is wanted") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request()) {
            const auto body = talk.body(*request);
            const bool is_first = test::target_of(*request) == "/a";
            talk.send(is_first ? reply("", "Location: /b\r\n", "303 See Other")
                               : reply(*request + "|" + body));
        }
    });
    const auto seen = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"-o", "-", server.url("/a")});
        return get(folder, std::move(words)).output;
    };
    CHECK_THAT(seen({"-d", "x"}), Contains("GET /b HTTP/1.1\r\n") && !Contains("|x"));
    CHECK_THAT(seen({"-X", "POST", "-d", "x"}), Contains("POST /b HTTP/1.1\r\n") && Contains("|x"));
    CHECK_THAT(seen({"-e", "http://r/"}), Contains("Referer: http://r/\r\n"));
    CHECK_THAT(seen({"-e", "http://r/;auto"}), Contains("Referer: " + server.url("/a") + "\r\n"));
    CHECK_THAT(server.requests().at(6), Contains("GET /a ") && Contains("Referer: http://r/\r\n"));
}

TEST_CASE("of what has failed nothing stays where the options say so, and what was there before does") {
    test::temp_folder folder;
    scripted_server server([](test::conversation& talk) {
        while (talk.request()) {
            talk.send("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 9000\r\n\r\n" +
                      std::string(5'000, 'x'));
            return talk.finish();
        }
    });
    const auto other = folder.write("there", "before");
    const auto get_it = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--retry", "0", "--clobber", server.url("/a"), server.url("/there")});
        CHECK(get(folder, std::move(more)).status == 7);
        CHECK(test::read_file(other) == "before");
        return test::files_below(folder.path());
    };
    using names = std::vector<std::string>;
    CHECK(get_it({"--remove-on-error"}) == names{"there"});
    CHECK(get_it({"--remove-on-error", "--mode", "sequential"}) == names{"there"});
    CHECK(get_it({"--remove-on-error", "--mode", "threads"}) == names{"there"});
    CHECK(get_it({}) == names{"a.part", "a.part.tandem", "there", "there.part", "there.part.tandem"});
}

TEST_CASE("headers are shown without secrets, and no error has a password") {
    test::temp_folder folder;
    scripted_server server(
        test::answering([](const std::string&) { return reply("", "Set-Cookie: id=hidden\r\n", "403 No"); }));
    const auto link = "http://me:hidden@127.0.0.1:" + std::to_string(server.port()) + "/";
    const auto result = get(folder, {"-v", "--trace", "steps", "-b", "c=hidden", link});
    CHECK(result.status == 8);
    CHECK_THAT(result.errors, Contains("> GET / HTTP/1.1") && Contains("> Authorization: ***") &&
                                  Contains("< HTTP/1.1 403 No") && !Contains("hidden"));
    CHECK_THAT(test::read_file(folder / "steps"), Contains("first_byte") && !Contains("hidden"));
}

TEST_CASE("what fails for good is asked for again where the options say so, as long as they say") {
    test::temp_folder folder;
    std::atomic<int> count{0};
    scripted_server server(test::answering([&](const std::string& target) {
        return ++count % 3 != 0 ? reply("none", "", "404 Not Found") : reply(target);
    }));
    scripted_server busy(test::answering(
        [](const std::string&) { return reply("later", "Retry-After: 30\r\n", "503 Busy"); }));
    const std::vector<std::string> again = {"--retry-all-errors", "--retry-delay", "1ms"};
    const auto status_of = [&](std::vector<std::string> words) {
        words.insert(words.begin(), again.begin(), again.end());
        const auto result = get(folder, std::move(words));
        INFO(result.errors);
        return result.status;
    };
    CHECK(status_of({server.url("/a")}) == 0);
    CHECK(test::read_file(folder / "a") == "/a");
    CHECK(status_of({"-o", "-", server.url("/b")}) == 0);
    CHECK(count == 6);
    CHECK(status_of({"--retry", "1", server.url("/c")}) == 8);
    CHECK(status_of({"--retry-max-time", "20", busy.url("/d")}) == 8);
    CHECK(status_of({"--retry-max-time", "20", "-o", "-", busy.url("/d")}) == 8);
    CHECK(busy.requests().size() == 2);
}

TEST_CASE("every option of --help all is in the man page") {
    test::temp_folder folder;
    const auto help = get(folder, {"--help", "all"});
    REQUIRE(help.status == 0);
    auto page = test::read_file(TANDEM_GET_PAGE);
    for (std::size_t at = 0; (at = page.find("\\-", at)) != page.npos;)
        page.erase(at, 1);
    std::istringstream words(help.output);
    int options = 0;
    for (std::string word; words >> word;) {
        if (!word.starts_with("--") || word.size() < 4) continue;
        if (word.ends_with(',') || word.ends_with(')') || word.ends_with(';')) word.pop_back();
        INFO(word);
        CHECK(page.find(word) != page.npos);
        ++options;
    }
    CHECK(options > 80);
    for (const char* part : {"EXIT STATUS", "ENVIRONMENT", "EXAMPLES", "NO_COLOR"})
        CHECK_THAT(page, Contains(part));
    if (::access("/usr/bin/groff", X_OK) == 0) {
        const auto checked = test::run({"/usr/bin/groff", "-man", "-Tutf8", "-ww", "-z", TANDEM_GET_PAGE});
        CHECK(checked.status == 0);
        CHECK(checked.errors.empty());
    }
}

TEST_CASE("a URL that comes twice is fetched once, and a busy server is asked again") {
    test::temp_folder folder;
    std::atomic<int> busy{2};
    scripted_server server(test::answering([&](const std::string& target) {
        return busy-- > 0 ? reply("later", "Retry-After: 0\r\n", "503 Busy") : reply(target);
    }));
    const auto list = folder.write("list", server.url("/a") + "\n" + server.url("/b") + "\n" +
                                               server.url("/a") + "\n  size=3\n");
    const auto result = get(folder, {"--retry-delay", "10ms", "--input-file", list});
    INFO(result.errors);
    CHECK(result.status == 2); // of the line that is nothing
    CHECK(test::read_file(folder / "a") == "/a");
    CHECK(test::read_file(folder / "b") == "/b");
    CHECK(server.requests().size() == 4);
}
