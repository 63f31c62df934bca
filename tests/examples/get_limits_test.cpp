// The limits of time and speed that tandem-get is given.
#include "examples/get.hpp"
#include "http/file_server.hpp"
#include "support/deaf_listener.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::get;
using test::reply;
using test::scripted_server;
using test::texts;

namespace {

/// That a limit ends the download of `link`, once, by the cause that is said.
void check_limited(const std::string& link, texts arguments, const std::string& cause) {
    test::temp_folder folder;
    arguments.insert(arguments.end(), {"--retry", "0", "-o", "x", link});
    const auto result = get(folder, std::move(arguments));
    INFO(result.errors);
    CHECK(result.status == 10);
    CHECK_THAT(result.errors, StartsWith(link + ": ") && Contains(cause));
    CHECK_FALSE(std::filesystem::exists(folder / "x"));
}

/// Sends the beginning of a file, and nothing more.
scripted_server::script stopping() {
    return [](test::conversation& talk) {
        talk.request();
        talk.send(reply(std::string(100'000, 'x')).substr(0, 50'000));
        talk.wait_for_close();
    };
}

} // namespace

TEST_CASE("a connection that does not come about ends at its limit") {
    const test::deaf_listener nobody("127.0.0.1");
    check_limited("http://127.0.0.1:" + std::to_string(nobody.where().port()) + "/a",
                  {"--connect-timeout", "50ms"}, "connecting took more than 0.05 s");
}

TEST_CASE("a file that does not come in its time ends, whether anything has come or not") {
    scripted_server silent([](test::conversation& talk) {
        talk.request();
        talk.wait_for_close();
    });
    check_limited(silent.url("/a"), {"--max-time", "50ms"}, "more than 0.05 s");
    scripted_server half(stopping());
    check_limited(half.url("/a"), {"-m", "0.05"}, "more than 0.05 s");
}

TEST_CASE("a file that comes too slowly ends") {
    scripted_server half(stopping());
    check_limited(half.url("/a"), {"--speed-limit", "1000", "--speed-time", "100ms"},
                  "too little was sent over 0.1 s");
    check_limited(half.url("/a"), {"-y", "100ms"}, "too little was sent over 0.1 s");
}

TEST_CASE("a limited rate is not exceeded, by segments together either") {
    const bool has_segments = GENERATE(false, true);
    test::served_file file;
    file.body = test::content(has_segments ? 4'000'000 : 100'000);
    scripted_server server(test::serving(file));
    // At 1000 bytes a second it could not come in that time; without a limit it would.
    check_limited(server.url("/a"),
                  {"--limit-rate", "1000", "--segments", has_segments ? "4" : "1", "--max-time", "2s"},
                  "2 s");
}
