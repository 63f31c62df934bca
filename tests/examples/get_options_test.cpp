// What tandem-get makes of its command line, by curl's manual where curl has the option.
#include <catch2/catch.hpp>

#include "download/options.hpp"
#include "download/options/body_data.hpp"
#include "download/options/date.hpp"
#include "download/options/quantity.hpp"
#include "support/temp_folder.hpp"

#include <iostream>
#include <sstream>

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// Standard error, caught.
class caught_errors {
  public:
    caught_errors()
        : before_(std::cerr.rdbuf(text_.rdbuf())) {}
    ~caught_errors() { std::cerr.rdbuf(before_); }
    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::streambuf* before_;
};

get_options read(std::vector<std::string> words) {
    get_options chosen;
    words.emplace_back("http://x/");
    caught_errors errors;
    const auto status = read_options(chosen, std::move(words));
    INFO(errors.text());
    REQUIRE_FALSE(status);
    return chosen;
}

/// What is printed of a command line that is none.
std::string refused(std::vector<std::string> words) {
    get_options chosen;
    words.emplace_back("http://x/");
    caught_errors errors;
    REQUIRE(read_options(chosen, std::move(words)) == 2);
    return errors.text();
}

} // namespace

TEST_CASE("sizes and times are read with their units") {
    CHECK(bytes_from("1500") == 1500);
    CHECK(bytes_from("64k") == 64 * 1024);
    CHECK(bytes_from("1.5M") == 3 * 512 * 1024);
    CHECK(bytes_from("2GiB") == 2ull << 30);
    CHECK(bytes_from("1TB") == 1ull << 40);
    CHECK(bytes_from("7B") == 7);
    for (const char* none : {"", "k", "-1", "1e3", "1x", "1kk", "inf", "nan", "9999999999G", " 1"})
        CHECK_THROWS_AS(bytes_from(none), std::invalid_argument);
    CHECK(length_from("2.5") == 2500ms);
    CHECK(length_from("250ms") == 250ms);
    CHECK(length_from("90s") == 90s);
    CHECK(length_from("5m") == 5min);
    CHECK(length_from("2h") == 2h);
    CHECK(length_from("1d") == 24h);
    for (const char* none : {"", "s", "-1s", "1y", "1 s", "1e9d"})
        CHECK_THROWS_AS(length_from(none), std::invalid_argument);
}

TEST_CASE("data is joined in the order in which it stands, whichever option has it") {
    CHECK(*read({"-d", "a=1", "--data-urlencode", "b= &", "--data-raw", "@c", "-d", ""}).body.data ==
          "a=1&b=%20%26&@c&");
    CHECK(*read({"--json", "{\"a\":", "--json", "[1,2]}"}).body.data == "{\"a\":[1,2]}");
    CHECK(*read({"-d", "[1,2]"}).body.data == "[1,2]");
    CHECK(*read({"-d", "-x"}).body.data == "-x");
    CHECK(*read({"-da=1"}).body.data == "a=1");
    CHECK(read({"-d", ""}).body.data == std::string());
    CHECK_FALSE(read({}).body.data);
}

TEST_CASE("data comes out of files, without line ends unless they are asked for") {
    test::temp_folder folder;
    const auto file = folder.write("data", "a\r\nb & c\n");
    CHECK(*read({"-d", "@" + file}).body.data == "ab & c");
    CHECK(*read({"--data-binary", "@" + file}).body.data == "a\r\nb & c\n");
    CHECK(*read({"--data-urlencode", "@" + file}).body.data == "a%0D%0Ab%20%26%20c%0A");
    CHECK(*read({"--data-urlencode", "n@" + file}).body.data == "n=a%0D%0Ab%20%26%20c%0A");
    CHECK_THAT(refused({"-d", "@/no/such"}), Contains("--data: /no/such cannot be read: No such file"));
}

TEST_CASE("values are encoded as curl encodes them") {
    CHECK(encoded_data("a b") == "a%20b");
    CHECK(encoded_data("=a=b") == "a%3Db");
    CHECK(encoded_data("n=a@b") == "n=a%40b");
    CHECK(encoded_data("~.-_") == "~.-_");
    CHECK(read({"--url-query", "a=b c", "--url-query", "+d%20e"}).source.query == "a=b%20c&d%20e");
}

TEST_CASE("parts of a form are texts, files, and the texts of files") {
    test::temp_folder folder;
    const auto file = folder.write("note.txt", "hello");
    const auto form = read({"-F", "a=b;c", "--form", "f=@photo.jpg;type=image/jpeg;filename=x.jpg", "-F",
                            "t=<" + file + ";type=text/plain", "--form-string", "s=@x;type=y"})
                          .body.form;
    REQUIRE(form.size() == 4);
    CHECK(form[0].content == "b;c");
    CHECK(form[0].path.empty());
    CHECK(form[1].path == "photo.jpg");
    CHECK(form[1].type == "image/jpeg");
    CHECK(form[1].file_name == "x.jpg");
    CHECK(form[2].content == "hello");
    CHECK(form[2].type == "text/plain");
    CHECK(form[3].content == "@x;type=y");
    CHECK_THAT(refused({"-F", "none"}), Contains("--form: a part is written as NAME=CONTENT"));
}

TEST_CASE("headers are set, emptied and taken away") {
    test::temp_folder folder;
    const auto file = folder.write("headers", "X-File: 1\r\n\nX-More: 2\n");
    const auto all =
        read({"-H", "X-One:  a:b ", "-H", "X-Empty;", "-H", "Accept:", "-H", "@" + file}).request.headers;
    REQUIRE(all.size() == 5);
    CHECK(all[0].name == "X-One");
    CHECK(*all[0].value == "a:b");
    CHECK(*all[1].value == "");
    CHECK_FALSE(all[2].value);
    CHECK(*all[4].value == "2");
}

TEST_CASE("a referer may follow the redirects, with one to begin with or none") {
    const auto given = [](const std::string& text) { return read({"-e", text}).request; };
    CHECK(given("http://x/;auto").referer == "http://x/");
    CHECK(given("http://x/;auto").referer_follows);
    CHECK(given(";auto").referer.empty());
    CHECK(given(";auto").referer_follows);
    CHECK(given("http://x/;b").referer == "http://x/;b");
    CHECK_FALSE(given("http://x/;b").referer_follows);
}

TEST_CASE("a word that may be a secret is in no error") {
    CHECK_THAT(refused({"-H", "hunter2"}), Contains("--header: ") && !Contains("hunter2"));
    CHECK_THAT(refused({"-u", "hunter2"}), Contains("--user: ") && !Contains("hunter2"));
    CHECK_THAT(refused({"-u", "me:hunter2", "--oauth2-bearer", "tok"}),
               !Contains("hunter2") && !Contains("tok"));
    CHECK_THAT(refused({"-U", "hunter2", "-x", "p"}), Contains("--proxy-user: ") && !Contains("hunter2"));
}

TEST_CASE("output names are given to the URLs in turn") {
    CHECK(read({"-o", "a", "-O", "-o", "-"}).output.names == std::vector<std::string>{"a", "", "-"});
}

TEST_CASE("dates are read in the usual forms, and of files") {
    CHECK(http_date_of("Sun, 06 Nov 1994 08:49:37 GMT") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date_of("Sun, 06 Nov 1994 10:49:37 +0200") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date_of("1994-11-06T08:49:37Z") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date_of("1994-11-06 08:49:37") == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date_of("2024-02-29") == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(http_date_of("20240229") == "Thu, 29 Feb 2024 00:00:00 GMT");
    CHECK(http_date_of("29 Feb 2024") == "Thu, 29 Feb 2024 00:00:00 GMT");
    test::temp_folder folder;
    CHECK_THAT(http_date_of(folder.write("f", "")), Contains(" GMT"));
    CHECK_THROWS_WITH(http_date_of("never"), Contains("'never' is neither a date"));
    CHECK(read({"-z", "-2024-02-29"}).request.unmodified_since == "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST_CASE("addresses are given to hosts at ports") {
    const auto given =
        read({"--resolve", "+x:443:10.0.0.1,[::1]", "--connect-to", "::[::2]:81", "--connect-to", "a:80:b:"})
            .network;
    REQUIRE(given.addresses.size() == 2);
    CHECK(given.addresses[0].host == "x");
    CHECK(given.addresses[0].port == 443);
    CHECK(given.addresses[1].address.address() == "::1");
    REQUIRE(given.detours.size() == 2);
    CHECK(given.detours[0].host.empty());
    CHECK(given.detours[0].to_host == "::2");
    CHECK(given.detours[0].to_port == 81);
    CHECK(given.detours[1].to_host == "b");
    CHECK(given.detours[1].to_port == 0);
    CHECK(read({"--interface", "lo"}).network.local_address == "127.0.0.1");
    CHECK(read({"--interface", "127.0.0.2"}).network.local_address == "127.0.0.2");
    CHECK_THAT(refused({"--interface", "none0"}), Contains("--interface: 'none0' is neither an interface"));
    CHECK_THAT(refused({"--resolve", "x:443"}), Contains("--resolve: it is written as HOST:PORT:ADDRESS"));
    CHECK_THAT(refused({"--connect-to", "a:b"}), Contains("--connect-to: it is written as"));
}

TEST_CASE("options that contradict each other are refused") {
    CHECK_THAT(refused({"-d", "a", "-F", "b=c"}), Contains("only one of them"));
    CHECK_THAT(refused({"-G"}), Contains("--get: there is no --data"));
    CHECK_THAT(refused({"-r", "9"}), Contains("--range: '9' is no range"));
    CHECK_THAT(refused({"--key", "k"}), Contains("--key: there is no --cert"));
    CHECK_THAT(refused({"--tlsv1.3", "--tls-max", "1.2"}), Contains("--tls-max: "));
    CHECK_THAT(refused({"-C", "100"}), Contains("--continue-at: ") && Contains("--range OFFSET-"));
    CHECK_THAT(refused({"--preproxy", "socks5://x"}), Contains("--preproxy: there is no --proxy"));
    CHECK_THAT(refused({"--limit-rate", "5x"}), Contains("--limit-rate: 'x' is no unit"));
    CHECK_THAT(refused({"--no-such"}), Contains("--no-such"));
    CHECK_THAT(refused({"--jobs"}), Contains("--jobs"));
}
