// Archives from strangers: whole, or not at all, and never outside of their folder.
#include "download/steps/extract.hpp"
#include "download/steps/extract_names.hpp"
#include "examples/archives.hpp"
#include "support/encoded.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <tandem/threads/job_cancelled.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::archived;
using names = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t plenty = 1 << 20;

/// What extract_archive says against it; nothing must be left of its work.
std::string complaint(const std::string& content, std::uint64_t most = plenty,
                      const std::string& name = "bad.tar.gz") {
    test::temp_folder around;
    fs::create_directory(around / "inner");
    const auto archive = around.write("inner/" + name, content);
    std::string said;
    try {
        extract_archive(archive, most, {});
        FAIL("it was extracted");
    } catch (const std::exception& error) {
        said = error.what();
    }
    CHECK_THAT(said, StartsWith(archive + ": "));
    CHECK(test::files_below(around.path()) == names{"inner/" + name});
    return said;
}

} // namespace

TEST_CASE("an archive becomes a folder beside it, whatever its format and compression") {
    const std::vector<archived> entries = {archived::folder("photos"),
                                           {"photos/a.jpg", "first"},
                                           {"./b/c.txt", "second"},
                                           {"écran.txt", "third"}};
    const auto check = [&](const std::string& name, int format, int filter) {
        INFO(name);
        test::temp_folder folder;
        const auto archive = folder.write(name, test::archive_of(entries, format, filter));
        CHECK(extract_archive(archive, plenty, {}) == folder / "set");
        CHECK(test::files_below(folder / "set") == names{"b/c.txt", "photos/a.jpg", "écran.txt"});
        CHECK(test::read_file(folder / "set/photos/a.jpg") == "first");
        CHECK(test::read_file(folder / "set/b/c.txt") == "second");
        CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
    };
    check("set.tar.gz", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP);
    check("set.tar.xz", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_XZ);
    check("set.TZST", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_ZSTD);
    check("set.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
    check("set.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
    check("set.7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE);
    // Its name says nothing: its content does.
    test::temp_folder folder;
    const auto archive = folder.write("download", test::archive_of(entries));
    CHECK(extract_archive(archive, plenty, {}) == folder / "download.extracted");
}

TEST_CASE("a compressed file becomes the file that it was") {
    test::temp_folder folder;
    const auto archive = folder.write("list.txt.gz", test::gzip("one\ntwo\n"));
    CHECK(extract_archive(archive, plenty, {}) == folder / "list.txt");
    CHECK(test::read_file(folder / "list.txt") == "one\ntwo\n");
    CHECK(test::files_below(folder.path()) == names{"list.txt", "list.txt.gz"});
}

TEST_CASE("nothing of an archive lands outside of its folder") {
    CHECK_THAT(complaint(test::archive_of({{"good", "1"}, {"../evil", "2"}})),
               Contains("'../evil' in it leads"));
    CHECK_THAT(complaint(test::archive_of({{"a/../../evil", "2"}})), Contains("leads out"));
    CHECK_THAT(complaint(test::archive_of({{"/tmp/evil", "2"}})), Contains("leads out"));
    CHECK_THAT(complaint(test::archive_of({archived::symlink("up", "/etc")})), Contains("out of its folder"));
    CHECK_THAT(complaint(test::archive_of({archived::symlink("up", "..")})), Contains("out of its folder"));
    CHECK_THAT(complaint(test::archive_of({archived::symlink("a/up", "../../x")})),
               Contains("out of its folder"));
    // A link within, which a further entry would be written through.
    CHECK_THAT(
        complaint(test::archive_of({archived::folder("d"), archived::symlink("s", "d"), {"s/evil", "1"}})),
        Contains("bad.tar.gz: "));
    CHECK_THAT(complaint(test::archive_of({archived::hardlink("h", "/etc/passwd")})),
               Contains("no file of it"));
    CHECK_THAT(complaint(test::archive_of({archived::hardlink("h", "../bad.tar.gz")})),
               Contains("no file of it"));
    // Moved up, the link would lead out.
    CHECK_THAT(complaint(test::archive_of(
                   {archived::symlink("a/b/s", "../../x"), archived::hardlink("h", "a/b/s")})),
               Contains("no file of it"));
    CHECK_THAT(complaint(test::archive_of({{"device", "", AE_IFCHR}})),
               Contains("neither a file nor a folder"));
    CHECK_THAT(complaint(test::archive_of({{"pipe", "", AE_IFIFO}})),
               Contains("neither a file nor a folder"));
}

TEST_CASE("links that stay within their folder are kept") {
    test::temp_folder folder;
    const auto archive =
        folder.write("set.tar", test::archive_of({{"lib/libx.so.1", "x"},
                                                  archived::symlink("lib/libx.so", "libx.so.1"),
                                                  archived::symlink("bin/x", "../lib/libx.so.1"),
                                                  archived::hardlink("copy", "lib/libx.so.1")},
                                                 ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE));
    extract_archive(archive, plenty, {});
    CHECK(fs::read_symlink(folder / "set/bin/x") == "../lib/libx.so.1");
    CHECK(test::read_file(folder / "set/bin/x") == "x");
    CHECK(fs::hard_link_count(folder / "set/copy") == 2);
}

TEST_CASE("of permissions an archive's files have the nine bits, and never those that raise somebody") {
    test::temp_folder folder;
    const auto archive = folder.write("set.tar.gz", test::archive_of({{"tool", "x", AE_IFREG, "", 06755},
                                                                      {"locked", "x", AE_IFREG, "", 0}}));
    extract_archive(archive, plenty, {});
    struct stat found {};
    REQUIRE(::stat((folder / "set/tool").c_str(), &found) == 0);
    const auto mask = ::umask(022);
    ::umask(mask);
    CHECK((found.st_mode & 07777) == (0755 & ~mask));
    REQUIRE(::stat((folder / "set/locked").c_str(), &found) == 0);
    CHECK((found.st_mode & 0700) == 0600); // so that it can be deleted, too
}

TEST_CASE("an archive that comes to more than it may is stopped before that") {
    const std::string megabyte(1'000'000, 'x');
    CHECK_THAT(complaint(test::archive_of({{"a", megabyte}, {"b", megabyte}}), 1'500'000),
               Contains("more than 1500000 bytes"));
    CHECK_THAT(complaint(test::gzip(megabyte), 999'999, "bomb.gz"), Contains("more than 999999 bytes"));
    test::temp_folder folder;
    CHECK_NOTHROW(extract_archive(folder.write("a.gz", test::gzip(megabyte)), 1'000'000, {}));
}

TEST_CASE("what is damaged, cut short or no archive is left alone") {
    auto whole = test::archive_of({{"a", std::string(100'000, 'x')}});
    CHECK_THAT(complaint(whole.substr(0, whole.size() / 2)), Contains(": "));
    CHECK_THAT(complaint("\xff\xd8\xff not an archive"), Contains("neither an archive nor compressed"));
    CHECK_THAT(complaint(""), Contains(": "));
}

TEST_CASE("nothing that is there is overwritten") {
    test::temp_folder folder;
    const auto archive = folder.write("set.tar.gz", test::archive_of({{"a", "new"}}));
    fs::create_directory(folder / "set");
    folder.write("set/a", "old");
    CHECK_THROWS_WITH(extract_archive(archive, plenty, {}), Contains("set is there already"));
    const auto list = folder.write("list.gz", test::gzip("new"));
    folder.write("list", "old");
    CHECK_THROWS_WITH(extract_archive(list, plenty, {}), Contains("list is there already"));
    CHECK(test::files_below(folder.path()) == names{"list", "list.gz", "set.tar.gz", "set/a"});
    CHECK(test::read_file(folder / "set/a") == "old");
}

TEST_CASE("an extraction that nobody wants any more leaves nothing") {
    test::temp_folder folder;
    const auto archive = folder.write("set.tar.gz", test::archive_of({{"a", "x"}}));
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(extract_archive(archive, plenty, stop.get_token()), tandem::job_cancelled);
    CHECK(test::files_below(folder.path()) == names{"set.tar.gz"});
}

TEST_CASE("names in archives are taken apart without a file system") {
    CHECK(inner_name("a/./b//c") == "a/b/c");
    CHECK(inner_name("./") == "");
    CHECK(inner_name("..a/b..") == "..a/b..");
    CHECK_FALSE(inner_name("a/.."));
    CHECK_FALSE(inner_name("/a"));
    CHECK(leads_within("a/b/s", "../../x"));
    CHECK_FALSE(leads_within("a/b/s", "../../../x"));
    CHECK_FALSE(leads_within("a/s", "b/../x")); // where b is a link, that is anywhere
    CHECK_FALSE(leads_within("s", ""));
    CHECK(name_without_archive_endings("d.zip/photos.tar.gz") == "d.zip/photos");
    CHECK(name_without_archive_endings("d/.zip") == "d/.zip.extracted"); // nothing would be left
    CHECK(name_without_compression("a.TXT.ZST") == "a.TXT");
}
