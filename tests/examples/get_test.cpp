// tandem-get with each bad input: one clear line, no file, and the other downloads go on.
#include "common/sha256.hpp"
#include "examples/get.hpp"
#include "examples/origin.hpp"

#include <algorithm>
#include <sys/socket.h>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::get;

namespace {

using names = std::vector<std::string>;

/// The lines about failures: all but those about files that are there, and the last, which is the summary.
names failure_lines(const std::string& errors) {
    names lines;
    std::istringstream in(errors);
    for (std::string line; std::getline(in, line);)
        if (!line.starts_with("saved ")) lines.push_back(line);
    if (!lines.empty()) lines.pop_back();
    return lines;
}

/// Downloads `bad` between two good links, and checks that it alone fails: with one line that begins with its
/// URL and contains `cause`.
void check_refused(test::origin& server, const std::string& bad, const std::string& cause, int status) {
    test::temp_folder folder;
    auto result = get(folder, {"--cacert", server.authority_file(), "--retry", "0", "--remove-on-error",
                               server.http + "/photo-000.jpg", bad, server.https + "/photo-001.jpg"});
    INFO(result.errors);
    CHECK(result.status == status);
    auto lines = failure_lines(result.errors);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], StartsWith(bad + ": ") && Contains(cause, Catch::CaseSensitive::No));
    CHECK_THAT(result.errors, Contains("2 of 3 saved"));
    CHECK(test::files_below(folder.path()) == names{"photo-000.jpg", "photo-001.jpg"});
}

/// A port of this machine where nobody listens.
std::string closed_port() {
    test::origin gone;
    gone.process().close_input();
    gone.process().wait();
    return gone.http.substr(gone.http.rfind(':') + 1);
}

} // namespace

TEST_CASE("tandem-get refuses what cannot be had, by URL and cause, and brings the rest") {
    test::origin server;
    SECTION("a host that does not exist") {
        check_refused(server, "http://no.such.host.invalid/a.jpg", "resolve", 4);
    }
    SECTION("a refused connection") {
        check_refused(server, "http://127.0.0.1:" + closed_port() + "/a.jpg", "connection refused", 4);
    }
    SECTION("a file that is not there") {
        check_refused(server, server.http + "/a.jpg", "404", 8);
    }
    SECTION("a body shorter than its Content-Length") {
        check_refused(server, server.http + "/short/photo-002.jpg", "bytes", 7);
    }
    SECTION("a certificate for another name") {
        check_refused(server, server.wrong_name("/photo-002.jpg"), "certificate", 5);
    }
    SECTION("a text that is no URL") {
        check_refused(server, "no-url", "URL", 2);
    }
    SECTION("a URL of another scheme") {
        check_refused(server, "ftp://127.0.0.1/a.jpg", "http", 2);
    }
}

TEST_CASE("tandem-get does not trust an authority that it was not told about") {
    test::origin server;
    test::temp_folder folder;
    auto result = get(folder, {server.https + "/photo-000.jpg"});
    CHECK(result.status == 5);
    CHECK_THAT(result.errors, StartsWith(server.https + "/photo-000.jpg: ") && Contains("certificate"));
    CHECK(test::files_below(folder.path()).empty());
}

TEST_CASE("tandem-get names the folder that it cannot write to") {
    test::origin server;
    test::temp_folder folder;
    folder.write("taken", "a file where the folder should be"); // refuses root too
    auto result = get(folder, {"--output-dir", "taken/images", server.http + "/photo-000.jpg"});
    CHECK(result.status == 3);
    CHECK_THAT(result.errors, StartsWith(server.http + "/photo-000.jpg: ") && Contains("taken/images"));
    CHECK(test::files_below(folder.path()) == names{"taken"});
}

TEST_CASE("tandem-get saves what the server has, and thumbnails where asked for") {
    test::origin server;
    test::temp_folder folder;
    auto list = folder.write("urls.txt", "# photos\n" + server.http + "/photo-001.jpg\r\n\n" + server.http +
                                             "/redirect/photo-002.jpg\n");
    auto result = get(folder, {"--output-dir", "out", "--thumbnail", "64", "--input-file", list,
                               server.http + "/chunked/photo-000.jpg"});
    INFO(result.errors);
    CHECK(result.status == 0);
    CHECK(test::files_below(folder / "out") == names{"photo-000.jpg", "photo-000_thumbnail.jpg",
                                                     "photo-001.jpg", "photo-001_thumbnail.jpg",
                                                     "photo-002.jpg", "photo-002_thumbnail.jpg"});

    REQUIRE(get(folder, {"--output-dir", ".", server.http + "/SHA256SUMS"}).status == 0);
    std::istringstream sums(test::read_file(folder / "SHA256SUMS"));
    for (std::string digest, name; sums >> digest >> name && name != "photo-003.jpg";) {
        CHECK(sha256(test::read_file(folder / ("out/" + name))) == digest);
    }
}

TEST_CASE("tandem-get downloads each URL that a pattern stands for") {
    test::origin server;
    test::temp_folder folder;
    auto result = get(folder, {server.http + "/photo-[000-002].jpg"});
    INFO(result.errors);
    CHECK(result.status == 0);
    CHECK(test::files_below(folder.path()) == names{"photo-000.jpg", "photo-001.jpg", "photo-002.jpg"});

    auto wrong = get(folder, {server.http + "/photo-[002-000].jpg"});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.errors, Contains("/photo-[002-000].jpg: at character") && Contains("ends before it"));
}

TEST_CASE("tandem-get says which file is no image, and keeps it") {
    test::origin server;
    test::temp_folder folder;
    auto result =
        get(folder, {"--thumbnail", "64", server.http + "/SHA256SUMS", server.http + "/photo-000.jpg"});
    CHECK(result.status == 1);
    CHECK_THAT(result.errors,
               Contains(server.http + "/SHA256SUMS: ") && Contains("SHA256SUMS: neither a JPEG nor a PNG"));
    CHECK(test::files_below(folder.path()).size() == 3);
}

TEST_CASE("tandem-get does not let one file overwrite another of the same run") {
    test::origin server;
    test::temp_folder folder;
    auto result = get(folder, {server.http + "/photo-000.jpg", server.http + "/chunked/photo-000.jpg"});
    CHECK(result.status == 3);
    CHECK_THAT(result.errors, Contains("photo-000.jpg: is the name of " + server.http) && Contains(", too"));
}

TEST_CASE("tandem-get explains itself") {
    test::temp_folder folder;
    auto help = get(folder, {"--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.output, Contains("--input-file") && Contains("--thumbnail"));
    CHECK(get(folder, {}).status == 2);
    CHECK(get(folder, {"--jobs", "0", "http://127.0.0.1/"}).status == 2);
    CHECK(get(folder, {"--no-such-option"}).status == 2);
    auto absent = get(folder, {"--input-file", "absent.txt"});
    CHECK(absent.status == 2);
    CHECK_THAT(absent.errors, Contains("absent.txt"));
}

TEST_CASE("Ctrl-C on a terminal ends tandem-get cleanly, with what it has") {
    test::origin server;
    test::temp_folder folder;
    test::child_process child(
        {test::program("tandem-get"), "--thumbnail", "64", server.http + "/photo-000.jpg",
         server.http + "/slow/photo-001.jpg", server.http + "/slow/photo-002.jpg"},
        {.environment = {"TERM=xterm"}, .terminal = true, .folder = folder.path().string()});
    child.wait_for_output("1 of 3 saved");
    child.write("\x03");
    CHECK(child.wait() == 130);
    INFO(child.output());
    CHECK_THAT(child.output(), Contains("1 of 3 saved") && Contains("tandem-get: interrupted"));
    CHECK_THAT(child.output(), Contains("tandem-get --skip-existing --thumbnail 64 "));
    CHECK(test::files_below(folder.path()) == names{"photo-000.jpg", "photo-000_thumbnail.jpg",
                                                    "photo-001.jpg.part", "photo-001.jpg.part.tandem",
                                                    "photo-002.jpg.part", "photo-002.jpg.part.tandem"});
}
