#include <catch2/catch.hpp>

#include <system_error>

#include <sys/stat.h>

#include <tandem/http/cookie_jar.hpp>

#include "support/cookies.hpp"
#include "support/log_capture.hpp"
#include "support/temp_folder.hpp"

using tandem::http::cookie_jar;
using tandem::http::session_cookies;
using test::jar_in_time;

namespace {

/// The lines of a cookie file that are cookies.
std::vector<std::string> lines_of(const std::string& file) {
    std::vector<std::string> lines;
    std::string line;
    for (char c : test::read_file(file)) {
        if (c != '\n') {
            line += c;
            continue;
        }
        if (!line.empty() && (line[0] != '#' || line.starts_with("#HttpOnly_"))) lines.push_back(line);
        line.clear();
    }
    return lines;
}

} // namespace

TEST_CASE("a jar is written in Netscape's format") {
    const test::temp_folder folder;
    const auto file = folder / "cookies.txt";
    jar_in_time at;
    at.jar.store("https://www.example.org/", "a=1; Secure; HttpOnly; Domain=example.org; Max-Age=60");
    at.jar.store("http://www.example.org/x/y", "b=two words");
    at.jar.store("http://127.0.0.1/", "nameless; Max-Age=60");
    at.jar.save(file);
    CHECK(test::read_file(file).starts_with("# Netscape HTTP Cookie File\n"));
    CHECK(lines_of(file) == std::vector<std::string>{
                                "#HttpOnly_.example.org\tTRUE\t/\tTRUE\t1800000060\ta\t1",
                                "www.example.org\tFALSE\t/x\tFALSE\t0\tb\ttwo words",
                                "127.0.0.1\tFALSE\t/\tFALSE\t1800000060\t\tnameless",
                            });
}

TEST_CASE("a jar that was written and read again holds the same cookies in the same order") {
    const test::temp_folder folder;
    const auto file = folder / "cookies.txt";
    jar_in_time at;
    for (const char* field :
         {"z=1", "y=2; Path=/x; Max-Age=9", "x=3; HttpOnly; Domain=example.org", "w=", "v"})
        at.jar.store("https://www.example.org/", field);
    at.jar.save(file);
    jar_in_time other;
    CHECK(other.jar.load(file) == 5);
    CHECK(other.jar.cookies() == at.jar.cookies());
    CHECK(other.jar.header_for("https://www.example.org/x") == "y=2; z=1; x=3; w=; v");
}

TEST_CASE("cookies of the session are left out of a file where that is asked for") {
    const test::temp_folder folder;
    const auto file = folder / "cookies.txt";
    jar_in_time at;
    at.jar.store("https://h.example/", "session=1");
    at.jar.store("https://h.example/", "kept=2; Max-Age=60");
    at.jar.save(file, session_cookies::drop);
    CHECK(lines_of(file).size() == 1);
    at.jar.save(file);
    CHECK(lines_of(file).size() == 2);
    jar_in_time other;
    CHECK(other.jar.load(file, session_cookies::drop) == 1);
    CHECK(other.jar.header_for("https://h.example/") == "kept=2");
}

TEST_CASE("what has ended is neither written nor read") {
    const test::temp_folder folder;
    const auto file = folder / "cookies.txt";
    jar_in_time at;
    at.jar.store("https://h.example/", "a=1; Max-Age=10");
    at.jar.store("https://h.example/", "b=2; Max-Age=20");
    at.now += std::chrono::seconds(10);
    at.jar.save(file);
    CHECK(lines_of(file).size() == 1);
    jar_in_time later;
    later.now += std::chrono::seconds(20);
    CHECK(later.jar.load(file) == 0);
}

TEST_CASE("a cookie file as other programs write it is understood") {
    const test::temp_folder folder;
    const auto file =
        folder.write("cookies.txt", "# Netscape HTTP Cookie File\r\n"
                                    "# https://curl.se/docs/http-cookies.html\r\n"
                                    "\r\n"
                                    "#HttpOnly_.Example.org\tTRUE\t/\tTRUE\t1800000060\ta\t1\r\n"
                                    "example.org\ttrue\t/\tfalse\t0\tb\r\n"
                                    "example.org\tFALSE\t/\tFALSE\t0\tc\t3");
    jar_in_time at;
    CHECK(at.jar.load(file) == 3);
    CHECK(at.jar.header_for("https://www.example.org/") == "a=1; b=");
    CHECK(at.jar.header_for("http://example.org/") == "b=; c=3");
    CHECK(at.jar.cookies().front().http_only);
}

TEST_CASE("lines of a cookie file that are none are passed over with a warning that names them") {
    const test::temp_folder folder;
    const auto file = folder.write("cookies.txt", "no tabs\n"
                                                  "h.example\tFALSE\t/\tFALSE\tsoon\ta\t1\n"
                                                  "h.example\tFALSE\t/\tFALSE\t0\ta\t1\textra\n"
                                                  "\tFALSE\t/\tFALSE\t0\ta\t1\n"
                                                  "h.example\tFALSE\t/\tFALSE\t0\t__Host-a\t1\n"
                                                  "h.example\tFALSE\t/\tFALSE\t0\tgood\t1\n");
    test::log_capture log;
    jar_in_time at;
    CHECK(at.jar.load(file) == 1);
    CHECK(log.texts() ==
          std::vector<std::string>{
              file + ":1: is no cookie, and was passed over",
              file + ":2: is no cookie, and was passed over",
              file + ":3: is no cookie, and was passed over",
              file + ":4: was passed over: cookie 'a': no domain",
              file + ":5: was passed over: cookie '__Host-a': its name promises what it does not keep",
          });
}

TEST_CASE("a cookie file is its owner's only, and replaced at once") {
    const test::temp_folder folder;
    const auto file = folder.write("cookies.txt", "old");
    ::chmod(file.c_str(), 0644);
    jar_in_time at;
    at.jar.store("https://h.example/", "a=1");
    at.jar.save(file);
    struct stat about {};
    REQUIRE(::stat(file.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    CHECK(lines_of(file).size() == 1);
    CHECK(test::files_below(folder.path()) == std::vector<std::string>{"cookies.txt"});
}

TEST_CASE("a cookie file that cannot be read or written is an error that names it") {
    const test::temp_folder folder;
    cookie_jar jar;
    const auto missing = folder / "missing/cookies.txt";
    CHECK_THROWS_WITH(jar.load(missing), missing + ": No such file or directory");
    CHECK_THROWS_WITH(jar.save(missing), missing + ": No such file or directory");
    CHECK_THROWS_AS(jar.save(folder.path().string()), std::system_error);
    CHECK(test::files_below(folder.path()).empty());
}
