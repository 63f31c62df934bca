// What a later request may go by, and the note that keeps it.
#include <catch2/catch.hpp>

#include "download/publish.hpp"
#include "download/rate_limit.hpp"
#include "download/rest_of_file.hpp"
#include "download/sidecar.hpp"

using namespace std::chrono_literals;
using namespace tandem::http::detail;

namespace {

reply_head head_with(std::initializer_list<std::pair<const char*, const char*>> fields) {
    reply_head head;
    head.status = 200;
    for (const auto& [name, value] : fields)
        head.fields.add(name, value);
    return head;
}

std::string validator_of(std::initializer_list<std::pair<const char*, const char*>> fields) {
    return entity("http://a/", head_with(fields)).validator();
}

constexpr auto* nine = "Fri, 02 Jan 2026 09:00:00 GMT";
constexpr auto* one_later = "Fri, 02 Jan 2026 09:00:01 GMT";

} // namespace

TEST_CASE("a strong ETag is a validator, a weak or malformed one is not") {
    CHECK(validator_of({{"ETag", "\"a-b!c\""}}) == "\"a-b!c\"");
    CHECK(validator_of({{"ETag", "\"\""}}) == "\"\"");
    for (const char* bad :
         {"W/\"a\"", "w/\"a\"", "a", "\"", "\"a", "a\"", "\"a\"b\"", "\"a b\"", "\"a\x01\"", ""})
        CHECK(validator_of({{"ETag", bad}}).empty());
}

TEST_CASE("of two ETags neither is one") {
    CHECK(validator_of({{"ETag", "\"a\""}, {"ETag", "\"b\""}}).empty());
}

TEST_CASE("a Last-Modified is strong where the reply is a second younger") {
    CHECK(validator_of({{"Last-Modified", nine}, {"Date", one_later}}) == nine);
    CHECK(validator_of({{"Last-Modified", nine}, {"Date", nine}}).empty());
    CHECK(validator_of({{"Last-Modified", one_later}, {"Date", nine}}).empty());
    CHECK(validator_of({{"Last-Modified", nine}}).empty());
    CHECK(validator_of({{"Last-Modified", "yesterday"}, {"Date", nine}}).empty());
    CHECK(validator_of({{"Last-Modified", nine}, {"Date", one_later}, {"ETag", "\"a\""}}) == "\"a\"");
    CHECK(validator_of({{"Last-Modified", nine}, {"Date", one_later}, {"ETag", "W/\"a\""}}) == nine);
}

TEST_CASE("a coded body has no validator, as it may be coded otherwise the next time") {
    CHECK(validator_of({{"ETag", "\"a\""}, {"Content-Encoding", "gzip"}}).empty());
    CHECK(validator_of({{"ETag", "\"a\""}, {"Content-Encoding", "identity"}}) == "\"a\"");
}

TEST_CASE("a validator is shown by the same field alone") {
    const entity tagged("http://a/",
                        head_with({{"ETag", "\"a\""}, {"Last-Modified", nine}, {"Date", one_later}}));
    CHECK(tagged.is_shown_by(head_with({{"ETag", "\"a\""}}).fields));
    CHECK_FALSE(tagged.is_shown_by(head_with({{"ETag", "W/\"a\""}}).fields));
    CHECK_FALSE(tagged.is_shown_by(head_with({{"Last-Modified", nine}}).fields));
    CHECK_FALSE(tagged.is_shown_by(head_with({}).fields));
    const entity dated("http://a/", head_with({{"Last-Modified", nine}, {"Date", one_later}}));
    CHECK(dated.is_shown_by(head_with({{"Last-Modified", nine}}).fields));
    CHECK_FALSE(dated.is_shown_by(head_with({{"Last-Modified", one_later}}).fields));
    const entity nothing("http://a/", head_with({}));
    CHECK_FALSE(nothing.is_shown_by(head_with({}).fields));
}

TEST_CASE("Content-Range is read as RFC 9110 has it") {
    const auto read = [](const char* value) {
        return content_range_of(head_with({{"Content-Range", value}}).fields);
    };
    auto range = read("bytes 10-19/100");
    REQUIRE(range);
    CHECK(range->first == 10u);
    CHECK(range->last == 19);
    CHECK(range->total == 100u);
    range = read("Bytes 0-0/*");
    REQUIRE(range);
    CHECK(range->first == 0u);
    CHECK_FALSE(range->total);
    range = read("bytes */100");
    REQUIRE(range);
    CHECK_FALSE(range->first);
    CHECK(range->total == 100u);
    for (const char* bad :
         {"", "bytes", "bytes ", "bytes 1-2", "bytes 2-1/10", "bytes 0-10/10", "bytes */*", "bytes 0-1/10x",
          "bytes 0 - 1/10", "bytes -1/10", "bytes 1-/10", "items 0-1/10", "bytes=0-1/10", "bytes 0-1/-10",
          "bytes 0-18446744073709551616/*", "bytes 0-1/10, bytes 2-3/10"}) {
        INFO(bad);
        CHECK_FALSE(read(bad));
    }
}

TEST_CASE("a sidecar comes back as it was written") {
    sidecar note;
    note.of = entity("https://example.org/a?b=c",
                     head_with({{"ETag", "\"a\""}, {"Last-Modified", nine}, {"Date", one_later}}));
    note.of.total = 5'000'000'000;
    note.ranges = {{0, 1}, {100, 200}, {4'999'999'999, 5'000'000'000}};
    const auto text = note.to_text();
    CHECK(text == "tandem part 1\n"
                  "url https://example.org/a?b=c\n"
                  "etag \"a\"\n"
                  "last-modified Fri, 02 Jan 2026 09:00:00 GMT\n"
                  "date Fri, 02 Jan 2026 09:00:01 GMT\n"
                  "total 5000000000\n"
                  "ranges 0-0 100-199 4999999999-4999999999\n"
                  "end\n");
    const auto read = sidecar::parse(text);
    REQUIRE(read);
    CHECK(read->to_text() == text);
    CHECK(read->ranges == note.ranges);
    CHECK(read->contiguous() == 1);
    CHECK(read->of.validator() == "\"a\"");
}

TEST_CASE("a sidecar that is cut short at any place is none") {
    sidecar note;
    note.of = entity("https://example.org/", head_with({{"ETag", "\"a\""}}));
    note.of.total = 1'000;
    note.ranges = {{0, 100}, {200, 300}};
    const auto text = note.to_text();
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        INFO(text.substr(0, size));
        CHECK_FALSE(sidecar::parse(text.substr(0, size)));
    }
}

TEST_CASE("a sidecar whose lines make no sense is none") {
    const auto with = [](const std::string& line) {
        return sidecar::parse("tandem part 1\n" + line + "\nend\n");
    };
    CHECK(with("url http://a/"));
    CHECK(with("what a later version says"));
    for (const char* bad :
         {"ranges 5-1", "ranges 1", "ranges 0-9 5-20", "ranges 10-19 0-9", "ranges a-b", "ranges 0-9,10-19",
          "ranges 0-18446744073709551615", "total many", "total -1", "etag \"a\r\nX: y\""}) {
        INFO(bad);
        CHECK_FALSE(with(bad));
    }
    CHECK_FALSE(sidecar::parse("tandem part 2\nend\n"));
    CHECK_FALSE(sidecar::parse("tandem part 1\nend\nmore\n"));
}

TEST_CASE("numbers stand in front of a name's ending") {
    CHECK(numbered_name("a/photo.jpg", 1) == "a/photo-1.jpg");
    CHECK(numbered_name("photo", 2) == "photo-2");
    CHECK(numbered_name("a.b/photo", 2) == "a.b/photo-2");
    CHECK(numbered_name("x.tar.gz", 10) == "x-10.tar.gz");
    CHECK(numbered_name(".tar.gz", 1) == ".tar-1.gz");
    CHECK(numbered_name(".hidden", 1) == ".hidden-1");
}

TEST_CASE("a rate limit lets through what it says, on average, and bursts of a tenth of a second") {
    rate_limit limit(1'000'000);
    CHECK(limit.most() == 100'000);
    const auto begin = tandem::time_point(1h);
    auto now = begin;
    std::uint64_t taken = 0;
    while (now < begin + 10s) {
        now = std::max(now, limit.next_after(50'000, now));
        taken += 50'000;
    }
    CHECK(taken >= 10'000'000);
    CHECK(taken <= 10'200'000);
    // What was not taken in an hour is not saved up.
    now += 1h;
    CHECK(limit.next_after(100'000, now) <= now);
    CHECK(limit.next_after(100'000, now) == now + 100ms);
}
