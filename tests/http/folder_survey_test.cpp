// What a run of many downloads knows of the files that are there.
#include "download/folder_survey.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "support/temp_folder.hpp"

using test::temp_folder;

namespace {

/// One that has been asked about a folder once, and so knows it.
class survey : public tandem::http::detail::folder_survey {
  public:
    explicit survey(const std::string& where) { CHECK(may_have(where + "/anything")); }
    explicit survey(const temp_folder& where)
        : survey(where.path().string()) {}
};

/// How many of ten thousand names a folder may have.
int possible_in(survey& files, const temp_folder& folder, const std::string& prefix) {
    int count = 0;
    for (int i = 0; i < 10'000; ++i)
        count += files.may_have(folder / (prefix + std::to_string(i)));
    return count;
}

} // namespace

TEST_CASE("a folder has what was in it, and what was added") {
    const temp_folder folder;
    folder.write("old", "x");
    std::filesystem::create_directory(folder / "below");
    std::filesystem::create_symlink("nowhere", folder / "link");
    survey files(folder);
    for (const char* name : {"old", "below", "link", ".", "..", ""})
        CHECK(files.may_have(folder / name));
    CHECK_FALSE(files.may_have(folder / "new"));
    files.add(folder / "new");
    CHECK(files.may_have(folder / "new"));
    CHECK_FALSE(files.may_have(folder / "newer"));
}

TEST_CASE("a folder is looked through at the second question, and what comes later is not known") {
    const temp_folder folder;
    survey files(folder);
    CHECK(files.may_have_notes_beside(folder / "x"));
    folder.write("in time", "x");
    CHECK_FALSE(files.may_have(folder / "late"));
    folder.write("late", "x");
    folder.write("late.part.tandem", "x");
    CHECK_FALSE(files.may_have(folder / "late"));
    CHECK_FALSE(files.may_have_notes_beside(folder / "late"));
    CHECK(files.may_have(folder / "in time"));
}

TEST_CASE("where something was that nobody knew of, anything may be from then on") {
    const temp_folder folder;
    const temp_folder other;
    survey files(folder);
    CHECK(files.may_have(other / "x"));
    CHECK_FALSE(files.may_have(other / "y"));
    CHECK_FALSE(files.may_have(folder / "y"));
    files.add_unforeseen(folder / "x");
    CHECK(files.may_have(folder / "y"));
    CHECK(files.may_have_notes_beside(folder / "y"));
    CHECK_FALSE(files.may_have(other / "y"));
}

TEST_CASE("a folder that is not there has nothing, and is there soon, with those that it is in") {
    const temp_folder folder;
    survey files(folder);
    CHECK_FALSE(files.may_have(folder / "one"));
    CHECK(files.may_have(folder / "one/two/x"));
    CHECK_FALSE(files.may_have(folder / "one/two/x"));
    CHECK_FALSE(files.may_have_notes_beside(folder / "one/two/x"));
    CHECK(files.may_have(folder / "one"));
    CHECK_FALSE(files.may_have(folder / "two"));
}

TEST_CASE("what is no folder may have all") {
    const temp_folder folder;
    folder.write("file", "x");
    survey files(folder / "file");
    CHECK(files.may_have(folder / "file/x"));
    CHECK(files.may_have_notes_beside(folder / "file/x"));
}

TEST_CASE("a note is one however its file system writes capitals") {
    const auto name = GENERATE(as<std::string>{}, "x.part.tandem", "X.PART.TANDEM", "other.tandem");
    const temp_folder folder;
    folder.write(name, "x");
    survey files(folder);
    CHECK_FALSE(files.may_have(folder / "new"));
    CHECK(files.may_have_notes_beside(folder / "x"));
}

TEST_CASE("a folder with very many names may have all, and others are known still") {
    const temp_folder folder;
    const temp_folder full;
    for (std::size_t i = 0; i <= survey::most_names; ++i)
        full.write(std::to_string(i), "");
    survey files(folder);
    CHECK(files.may_have(full / "first"));
    CHECK(files.may_have(full / "new"));
    CHECK(files.may_have_notes_beside(full / "new"));
    CHECK(possible_in(files, folder, "new-") < 5);
}

TEST_CASE("no more than some folders are known") {
    const temp_folder folder;
    survey files(folder);
    for (std::size_t i = 1; i < survey::most_folders; ++i) {
        const auto file = folder / (std::to_string(i) + "/x");
        CHECK(files.may_have(file));
        CHECK_FALSE(files.may_have(file));
    }
    for (int i = 0; i < 3; ++i)
        CHECK(files.may_have(folder / "more/x"));
    CHECK(files.may_have_notes_beside(folder / "more/x"));
    CHECK_FALSE(files.may_have(folder / "1/x"));
}

TEST_CASE("with ten thousand files few others are taken for one") {
    const temp_folder folder;
    survey files(folder);
    CHECK(possible_in(files, folder, "new-") < 5);
    for (int i = 0; i < 10'000; ++i)
        files.add(folder / ("old-" + std::to_string(i)));
    CHECK(possible_in(files, folder, "old-") == 10'000);
    CHECK(possible_in(files, folder, "new-") < 100);
}
