#include <catch2/catch.hpp>

#include "support/decoding.hpp"
#include "support/encoded.hpp"

using tandem::http::headers;
using tandem::http::detail::codings_of;
using tandem::http::detail::content_decoder;
using test::decoded;
using fault = content_decoder::fault;

namespace {

std::string some_text(std::size_t size) {
    std::string text;
    unsigned state = 7;
    while (text.size() < size) {
        state = state * 1664525 + 1013904223;
        text += "line " + std::to_string(state % 1000) + " of many\n";
    }
    text.resize(size);
    return text;
}

} // namespace

TEST_CASE("each coding gives back what was encoded, however the bytes are cut") {
    for (const auto& [name, encode] : test::codings) {
        for (const std::size_t size : {0u, 1u, 1000u, 200'000u}) {
            const auto text = some_text(size);
            const auto bytes = encode(text);
            INFO(name << " of " << size);
            for (const std::size_t piece : {1u, 2u, 7u, 100'000u}) {
                const auto all = decoded({name}, bytes, piece, size > 1000 && piece < 7 ? 5000 : 100);
                CHECK(all.trouble == "");
                CHECK((all.text == text));
            }
        }
    }
}

TEST_CASE("data that end too soon are incomplete, wherever they end") {
    for (const auto& [name, encode] : test::codings) {
        const auto bytes = encode(some_text(300));
        for (std::size_t size = 1; size < bytes.size(); ++size) {
            INFO(name << " after " << size << " of " << bytes.size());
            const auto all = decoded({name}, std::string_view(bytes).substr(0, size));
            CHECK(all.fault == fault::truncated);
            CHECK(all.trouble == std::string("the body is incomplete: its ") + name + " data end too soon");
        }
    }
}

TEST_CASE("no data at all are an empty text") {
    for (const auto& [name, encode] : test::codings) {
        const auto all = decoded({name}, "");
        CHECK(all.trouble == "");
        CHECK(all.text == "");
    }
}

TEST_CASE("data that are not in the coding they claim to be in are malformed") {
    for (const char* name : {"gzip", "zstd"}) {
        const auto all = decoded({name}, "<html>not compressed at all</html>");
        CHECK(all.fault == fault::malformed);
        CHECK(all.trouble.starts_with(std::string("the body is not valid ") + name + ": "));
    }
    for (const auto& [name, encode] : test::codings) {
        auto bytes = encode(some_text(5000));
        for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 8; ++i)
            bytes[i] = static_cast<char>(~bytes[i]);
        INFO(name);
        CHECK(decoded({name}, bytes).fault != fault::none);
    }
}

TEST_CASE("a checksum that does not fit is an error") {
    auto bytes = test::gzip("hello");
    bytes[bytes.size() - 6] ^= 1;
    CHECK(decoded({"gzip"}, bytes).trouble == "the body is not valid gzip: incorrect data check");
}

TEST_CASE("what follows the end of the data is ignored") {
    for (const auto& [name, encode] : test::codings) {
        for (const std::string_view rest :
             {std::string_view("\0", 1), std::string_view("\0\0\0\0\0\0\0\0", 8), std::string_view("\x1f"),
              std::string_view("\x28"), std::string_view("<!-- served by x -->\r\n")}) {
            INFO(name << " with " << rest.size() << " bytes more");
            for (const std::size_t piece : {1u, 1000u}) {
                const auto all = decoded({name}, encode("hello") + std::string(rest), piece);
                CHECK(all.trouble == "");
                CHECK(all.text == "hello");
            }
        }
    }
}

TEST_CASE("members of gzip and frames of zstd one after the other are one text") {
    const auto bytes = test::gzip("one ") + test::gzip("") + test::gzip("two");
    const auto frames = test::zstd("one ") + test::zstd("") + test::zstd("two");
    for (const std::size_t piece : {1u, 3u, 1000u}) {
        CHECK(decoded({"gzip"}, bytes, piece).text == "one two");
        CHECK(decoded({"zstd"}, frames, piece).text == "one two");
    }
    CHECK(decoded({"gzip"}, bytes.substr(0, bytes.size() - 1)).fault == fault::truncated);
    CHECK(decoded({"zstd"}, frames.substr(0, frames.size() - 1)).fault == fault::truncated);
}

TEST_CASE("codings are taken off in the reverse of the order in which they were applied") {
    const auto text = some_text(50'000);
    const auto bytes = test::zstd(test::brotli(test::gzip(text)));
    for (const std::size_t piece : {1u, 1000u, 100'000u})
        CHECK((decoded({"gzip", "br", "zstd"}, bytes, piece).text == text));
    const auto cut = std::string_view(bytes).substr(0, bytes.size() / 2);
    CHECK(decoded({"gzip", "br", "zstd"}, cut).fault == fault::truncated);
}

TEST_CASE("a bomb is stopped at the limit") {
    const std::string nothing(50'000'000, '\0');
    for (const auto& [name, encode] : test::codings) {
        const auto bytes = encode(nothing);
        INFO(name << ": " << bytes.size());
        const auto all = decoded({name}, bytes, 1000, 32 * 1024, 100'000);
        CHECK(all.fault == fault::too_large);
        CHECK(all.trouble == "the decoded body is larger than 100000 bytes");
        CHECK(all.size <= 100'000);
        CHECK(decoded({name}, bytes).size == nothing.size());
    }
}

TEST_CASE("a bomb in a bomb is stopped at the limit, and lets others have their turn before") {
    // What is inside of the outer coding are empty texts only: it is large, and gives nothing.
    const auto nothing = test::gzip("");
    std::string empties;
    for (int i = 0; i < 500'000; ++i)
        empties += nothing;
    const auto bytes = test::gzip(empties);
    CHECK(bytes.size() < empties.size() / 100);
    const auto all = decoded({"gzip", "gzip"}, bytes);
    CHECK(all.trouble == "");
    CHECK(all.size == 0);
    CHECK(all.pauses >= 9);
    CHECK(decoded({"gzip", "gzip"}, bytes, 1000, 1000, 1'000'000).fault == fault::too_large);
}

TEST_CASE("a zstd frame has the size that its header declares") {
    // RFC 8878 section 3.1.1: a header that declares a size of one byte, two blocks as they are, and an empty
    // last one, at which the library does not look at the size.
    auto frame = [](char declared) {
        return "\x28\xb5\x2f\xfd\x20" + std::string(1, declared) +
               std::string("\x28\0\0hello\x30\0\0 world\x01\0\0", 20);
    };
    for (const std::size_t piece : {1u, 3u, 1000u}) {
        INFO("in pieces of " << piece);
        CHECK(decoded({"zstd"}, frame(11) + frame(11), piece).text == "hello worldhello world");
        for (const char wrong : {0, 10, 12, 100}) {
            CHECK(decoded({"zstd"}, frame(wrong), piece).fault == fault::malformed);
            CHECK(decoded({"zstd"}, frame(11) + frame(wrong), piece).fault == fault::malformed);
        }
    }
    CHECK(decoded({"zstd"}, frame(12), 1).trouble ==
          "the body is not valid zstd: a frame has not the size that its header declares");
}

TEST_CASE("frames of zstd that are to be skipped are, and those of its formats of old refused") {
    const auto skipped = std::string("\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
    for (const std::size_t piece : {1u, 2u, 1000u}) {
        INFO("in pieces of " << piece);
        CHECK(decoded({"zstd"}, skipped + test::zstd("one ") + skipped + test::zstd("two"), piece).text ==
              "one two");
        for (const char old : {'\x1e', '\x22', '\x23', '\x24', '\x25', '\x26', '\x27', '\x4a'}) {
            std::string frame = "?\xb5\x2f\xfd and more than a header's bytes";
            frame[0] = old;
            CHECK(decoded({"zstd"}, frame, piece).fault == fault::malformed);
            // Behind a frame they are as good as any other garbage.
            CHECK(decoded({"zstd"}, test::zstd("one") + frame, piece).text == "one");
        }
    }
}

TEST_CASE("a window larger than 8 MiB is refused") {
    std::string out(20'000'000, '\0');
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_inBuffer from{out.data(), out.size(), 0};
    std::string bytes(100'000, '\0');
    ZSTD_outBuffer to{bytes.data(), bytes.size(), 0};
    REQUIRE(ZSTD_compressStream2(context, &to, &from, ZSTD_e_flush) == 0);
    REQUIRE(ZSTD_compressStream2(context, &to, &from, ZSTD_e_end) == 0);
    ZSTD_freeCCtx(context);
    bytes.resize(to.pos);
    CHECK(decoded({"zstd"}, bytes).fault == fault::malformed);
}

TEST_CASE("the codings of a body stand in its Content-Encoding headers") {
    using list = std::vector<std::string>;
    headers fields;
    CHECK(codings_of(fields).empty());
    fields.add("content-encoding", " GZip , identity,,br");
    fields.add("Content-Encoding", "zstd");
    CHECK(codings_of(fields) == list{"gzip", "br", "zstd"});
    CHECK(content_decoder::make({"gzip", "utf-8"}) == nullptr);
    CHECK(content_decoder::make({}) == nullptr);
    CHECK(content_decoder::make({"x-gzip"}) != nullptr);
}
