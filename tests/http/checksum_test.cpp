#include <catch2/catch.hpp>

#include <tandem/http/checksum.hpp>
#include <tandem/http/checksum_list.hpp>

#include "support/temp_folder.hpp"

using Catch::Matchers::Contains;
using tandem::http::checksum;
using tandem::http::checksum_list;
using tandem::http::checksum_list_error;
using tandem::http::hash_algorithm;

namespace {

// Of no byte at all.
const std::string md5 = "d41d8cd98f00b204e9800998ecf8427e";
const std::string sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const std::string sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string sha512 = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                           "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";
const std::string other256(64, 'a');

/// What a list says of a file; empty where it says nothing.
std::string found(const std::string& text, const std::string& name) {
    const auto list = checksum_list::parse(text);
    const auto* sum = list.find(name);
    return sum ? sum->to_string() : "";
}

} // namespace

TEST_CASE("a checksum is an algorithm, a colon and the digest") {
    const checksum sum("sha256:" + sha256);
    CHECK(sum.algorithm() == hash_algorithm::sha256);
    CHECK(sum.digest() == sha256);
    CHECK(checksum("md5:" + md5).algorithm() == hash_algorithm::md5);
    CHECK(checksum("sha1:" + sha1).algorithm() == hash_algorithm::sha1);
    CHECK(checksum("sha512:" + sha512).algorithm() == hash_algorithm::sha512);
}

TEST_CASE("the case of a checksum, a dash in the name and an equals sign make no difference") {
    std::string upper = sha256;
    for (char& c : upper)
        if (c >= 'a') c = static_cast<char>(c & ~0x20);
    const checksum plain("sha256:" + sha256);
    CHECK(checksum("SHA256:" + upper) == plain);
    CHECK(checksum("sha-256=" + sha256) == plain);
    CHECK(checksum("Sha-256:" + upper).to_string() == "sha256:" + sha256);
}

TEST_CASE("what is no checksum is refused, with the reason") {
    CHECK_THROWS_WITH(checksum(""), "'' is no checksum: one reads sha256:DIGEST");
    CHECK_THROWS_WITH(checksum(sha256), Contains("one reads sha256:DIGEST"));
    CHECK_THROWS_WITH(checksum(":" + sha256), Contains("one reads sha256:DIGEST"));
    CHECK_THROWS_WITH(checksum("crc32:00000000"),
                      "'crc32' is no checksum's algorithm: known are md5, sha1, sha256 and sha512");
    CHECK_THROWS_WITH(checksum("sha256:" + md5), "a sha256 checksum has 64 hexadecimal digits, not 32");
    CHECK_THROWS_WITH(checksum("md5:" + std::string(32, 'g')),
                      Contains("a md5 checksum is made of hexadecimal digits, not 'ggg"));
}

TEST_CASE("a list is read as md5sum, sha1sum, sha256sum and sha512sum write it") {
    const auto list =
        checksum_list::parse(md5 + "  a\n" + sha1 + " *b c\n" + sha256 + "  *d\n" + sha512 + "   e ");
    REQUIRE(list.entries().size() == 4);
    CHECK(list.find("a")->to_string() == "md5:" + md5);
    CHECK(list.find("b c")->to_string() == "sha1:" + sha1);
    CHECK(list.find("*d")->to_string() == "sha256:" + sha256);
    CHECK(list.find(" e ")->to_string() == "sha512:" + sha512);
    CHECK(list.entries()[2].line == 3);
    CHECK(list.find("f") == nullptr);
}

TEST_CASE("a list is read as BSD's programs, --tag and openssl write it") {
    CHECK(found("SHA256 (a (1).txt) = " + sha256, "a (1).txt") == "sha256:" + sha256);
    CHECK(found("SHA2-256(a)= " + sha256, "a") == "sha256:" + sha256);
    CHECK(found("MD5 (a) = " + md5, "a") == "md5:" + md5);
    CHECK(found("\\SHA1 (a\\nb) = " + sha1, "a\nb") == "sha1:" + sha1);
}

TEST_CASE("line ends of other systems, blank lines and comments are passed over") {
    const auto list = checksum_list::parse("# sums\r\n\r\n  \r\n" + sha256 + "  a\r\n#" + md5 + "  b\r\n");
    REQUIRE(list.entries().size() == 1);
    CHECK(list.entries()[0].name == "a");
    CHECK(list.entries()[0].line == 4);
    CHECK(checksum_list::parse("").entries().empty());
}

TEST_CASE("a backslash before the line says that its name has escapes") {
    CHECK(found("\\" + sha256 + "  a\\\\b\\nc\\rd", "a\\b\nc\rd") == "sha256:" + sha256);
    CHECK(found(sha256 + "  a\\nb", "a\\nb") == "sha256:" + sha256);
    CHECK_THROWS_WITH(checksum_list::parse("\\" + sha256 + "  a\\tb", "sums"),
                      "sums:1: a backslash in the file name that is no escape");
}

TEST_CASE("a digest that stands alone is for whatever the file is called") {
    CHECK(found(sha256, "any") == "sha256:" + sha256);
    CHECK(found(sha256 + "\n\n", "any") == "sha256:" + sha256);
    CHECK_THROWS_WITH(checksum_list::parse(sha256 + "\n" + sha256 + "  a", "sums"),
                      Contains("sums:1: a digest without a file name"));
    CHECK_THROWS_WITH(checksum_list::parse(sha256 + "  a\n" + sha256 + "\n", "sums"),
                      Contains("sums:2: a digest without a file name"));
}

TEST_CASE("a file is found by its name, and by the end of a path") {
    const auto list = checksum_list::parse(sha256 + "  ./a\n" + other256 + "  dist/b\n" + sha256 + "  xb\n");
    CHECK(list.find("a")->digest() == sha256);
    CHECK(list.find("b")->digest() == other256);
    CHECK(list.find("dist/b")->digest() == other256);
    CHECK(list.find("st/b") == nullptr);
    CHECK(list.find("") == nullptr);
}

TEST_CASE("the whole name goes before the end of a path") {
    const auto text = sha256 + "  old/a\n" + other256 + "  a\n" + sha256 + "  new/a";
    CHECK(found(text, "a") == "sha256:" + other256);
}

TEST_CASE("where a file has several digests, that of the strongest algorithm counts") {
    CHECK(found(sha256 + "  a\n" + md5 + "  a\n" + sha1 + "  a", "a") == "sha256:" + sha256);
    CHECK(found(sha256 + "  a\n" + sha256 + "  a", "a") == "sha256:" + sha256);
}

TEST_CASE("a list that contradicts itself about a file is an error, for that file") {
    const auto list = checksum_list::parse(sha256 + "  a\n" + other256 + "  a\n" + sha256 + "  x/b\n" + md5 +
                                               "  y/b\n" + sha256 + "  c",
                                           "sums");
    CHECK_THROWS_WITH(list.find("a"), "sums:2: another digest of 'a' than in line 1");
    CHECK_THROWS_WITH(list.find("b"), "sums:4: another digest of 'b' than in line 3");
    CHECK(list.find("c")->digest() == sha256);
}

TEST_CASE("a line that cannot be understood is an error that names file and line") {
    const std::string good = sha256 + "  a\n";
    const auto error_of = [&](const std::string& line) {
        try {
            checksum_list::parse(good + line, "SHA256SUMS");
        } catch (const checksum_list_error& error) {
            CHECK(error.file() == "SHA256SUMS");
            CHECK(error.line() == 2);
            return std::string(error.what());
        }
        return std::string("none");
    };
    const std::string neither = "SHA256SUMS:2: neither 'DIGEST  NAME' nor 'ALGORITHM (NAME) = DIGEST'";
    CHECK(error_of("<html>") == neither);
    CHECK(error_of(sha256.substr(1) + "  short") == neither);
    CHECK(error_of(sha256 + "x  long") == neither);
    CHECK(error_of("SHA256 () = " + sha256) == neither);
    CHECK(error_of("SHA256 (a) " + sha256) == neither);
    CHECK(error_of(sha256 + " *") == "SHA256SUMS:2: a digest without a file name");
    CHECK_THAT(error_of("BLAKE2b (a) = " + sha512), Contains("'BLAKE2b' is none of the algorithms"));
    CHECK_THAT(error_of("SHA256 (a) = " + md5), Contains("has 64 hexadecimal digits, not 32"));
}

TEST_CASE("a list is read from its file, and one that cannot be is an error that names it") {
    const test::temp_folder folder;
    const auto file = folder.write("sums", sha256 + "  a\nnonsense\n");
    CHECK_THROWS_WITH(checksum_list::read(file), Contains(file + ":2: neither"));
    const auto good = folder.write("good", sha256 + "  a\n");
    CHECK(checksum_list::read(good).find("a")->digest() == sha256);
    CHECK_THROWS_WITH(checksum_list::read("/absent/sums"), "/absent/sums: No such file or directory");
}
