// What a run of many downloads knows of the files that are there.
#include "download/folder_survey.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "support/temp_folder.hpp"

using tandem::http::detail::folder_survey;

TEST_CASE("a folder has what was in it, and what was added") {
    const test::temp_folder folder;
    folder.write("old", "x");
    std::filesystem::create_directory(folder / "below");
    std::filesystem::create_symlink("nowhere", folder / "link");
    folder_survey files;
    for (const char* name : {"old", "below", "link", ".", "..", ""})
        CHECK(files.may_have(folder / name));
    CHECK_FALSE(files.may_have(folder / "new"));
    CHECK_FALSE(files.may_have(folder / "below/old"));
    files.add(folder / "new");
    CHECK(files.may_have(folder / "new"));
    CHECK_FALSE(files.may_have(folder / "below/new"));
}

TEST_CASE("a folder is looked through once, and what comes later is not known") {
    const test::temp_folder folder;
    folder_survey files;
    CHECK_FALSE(files.may_have(folder / "late"));
    folder.write("late", "x");
    folder.write("late.part.tandem", "x");
    CHECK_FALSE(files.may_have(folder / "late"));
    CHECK_FALSE(files.may_have_notes_beside(folder / "late"));
}

TEST_CASE("a folder that is not there has nothing, and what is none may have all") {
    const test::temp_folder folder;
    folder.write("file", "x");
    folder_survey files;
    CHECK_FALSE(files.may_have(folder / "missing/x"));
    CHECK_FALSE(files.may_have_notes_beside(folder / "missing/x"));
    CHECK(files.may_have(folder / "file/x"));
    CHECK(files.may_have_notes_beside(folder / "file/x"));
}

TEST_CASE("a note is one however its file system writes capitals") {
    const auto name = GENERATE(as<std::string>{}, "x.part.tandem", "X.PART.TANDEM", "other.tandem");
    const test::temp_folder folder;
    folder.write(name, "x");
    folder_survey files;
    CHECK(files.may_have_notes_beside(folder / "x"));
}

TEST_CASE("a folder with very many names may have all, and others are known still") {
    const test::temp_folder folder;
    std::filesystem::create_directory(folder / "full");
    for (std::size_t i = 0; i <= folder_survey::most_names; ++i)
        folder.write("full/" + std::to_string(i), "");
    folder_survey files;
    CHECK(files.may_have(folder / "full/new"));
    CHECK(files.may_have_notes_beside(folder / "full/new"));
    CHECK_FALSE(files.may_have(folder / "new"));
}

TEST_CASE("no more than some folders are looked through") {
    const test::temp_folder folder;
    folder_survey files;
    for (std::size_t i = 0; i < folder_survey::most_folders; ++i)
        CHECK_FALSE(files.may_have(folder / (std::to_string(i) + "/x")));
    CHECK(files.may_have(folder / "more/x"));
    CHECK_FALSE(files.may_have(folder / "0/x"));
}

TEST_CASE("with ten thousand files few others are taken for one") {
    const test::temp_folder folder;
    folder_survey files;
    for (int i = 0; i < 10'000; ++i) {
        files.add(folder / ("old-" + std::to_string(i)));
    }
    int wrong = 0;
    for (int i = 0; i < 10'000; ++i) {
        CHECK(files.may_have(folder / ("old-" + std::to_string(i))));
        wrong += files.may_have(folder / ("new-" + std::to_string(i)));
    }
    CHECK(wrong < 100);
}
