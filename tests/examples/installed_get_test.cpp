// tandem-get as `cmake --install` leaves it, in another place than it was built.
#include "examples/origin.hpp"

#include <filesystem>

using Catch::Matchers::Contains;

namespace {

/// The program, installed into the folder.
std::string installed(const test::temp_folder& folder) {
    const auto place = folder / "prefix";
    const auto done =
        test::run({CMAKE, "--install", TANDEM_BUILD, "--prefix", place, "--component", "tandem-get"});
    INFO(done.errors);
    REQUIRE(done.status == 0);
    return place + "/bin/tandem-get";
}

} // namespace

TEST_CASE("an installed tandem-get has with it what its steps need, and says so when that is gone") {
    test::origin server;
    test::temp_folder folder;
    const auto program = installed(folder);
    const auto get = [&](const std::string& name) {
        return test::run({program, "--then", "thumbnail:16", server.http + "/" + name},
                         {.folder = folder.path().string()});
    };
    const auto made = get("photo-000.jpg");
    INFO(made.errors);
    CHECK(made.status == 0);
    CHECK(std::filesystem::exists(folder / "photo-000_thumbnail.jpg"));

    for (const auto& each : std::filesystem::recursive_directory_iterator(folder / "prefix"))
        if (each.path().extension() == ".so") std::filesystem::remove(each.path());
    const auto failed = get("photo-001.jpg");
    CHECK(failed.status == 1);
    CHECK_THAT(failed.errors, Contains("photo-001.jpg: the module for this step is missing: ") &&
                                  Contains("tandem-file-tools.so"));
    CHECK(std::filesystem::exists(folder / "photo-001.jpg"));
    CHECK_FALSE(std::filesystem::exists(folder / "photo-001_thumbnail.jpg"));
}
