// Files of a folder that is kept open.
#include "download/open_folder.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include <tandem/coro/sleep.hpp>

#include "http/in_loop.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::task;
using tandem::http::detail::open_folder;
using test::in_loop;
using test::temp_folder;
namespace fs = std::filesystem;

namespace {

/// Makes a file there. Returns 0 or an errno.
int make(open_folder& in, const std::string& path) {
    const auto at = in.place_of(path);
    const int made = ::openat(at.folder, at.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made < 0) return errno;
    ::close(made);
    return 0;
}

/// Longer than a folder is taken for the same without a look.
task<> a_while() {
    co_await tandem::sleep(5ms);
}

} // namespace

TEST_CASE("a file of an open folder is found by its name in it") {
    const temp_folder folder;
    fs::create_directory(folder / "below");
    in_loop([&]() -> task<> {
        open_folder in(folder / "");
        const auto path = folder / "x";
        const auto at = in.place_of(path);
        CHECK(at.folder != AT_FDCWD);
        CHECK(std::string(at.path) == "x");
        CHECK(make(in, path) == 0);
        CHECK(make(in, folder / "below/y") == 0);
        co_return;
    });
    CHECK(test::files_below(folder.path()) == std::vector<std::string>{"below/y", "x"});
}

TEST_CASE("the working directory needs no path") {
    in_loop([&]() -> task<> {
        open_folder in("");
        CHECK(std::string(in.place_of("x").path) == "x");
        co_return;
    });
}

TEST_CASE("a folder that is not there yet is found once it is") {
    const temp_folder folder;
    in_loop([&]() -> task<> {
        open_folder in(folder / "new/");
        CHECK(make(in, folder / "new/x") == ENOENT);
        fs::create_directory(folder / "new");
        co_await a_while();
        CHECK(make(in, folder / "new/x") == 0);
        CHECK(in.place_of(folder / "new/x").folder != AT_FDCWD);
    });
    CHECK(fs::exists(folder / "new/x"));
}

TEST_CASE("another folder in the place of an open one is the one that is meant") {
    const temp_folder folder;
    fs::create_directory(folder / "here");
    in_loop([&]() -> task<> {
        open_folder in(folder / "here/");
        CHECK(make(in, folder / "here/one") == 0);
        fs::rename(folder / "here", folder / "moved");
        fs::create_directory(folder / "here");
        co_await a_while();
        CHECK(make(in, folder / "here/two") == 0);
        // A link counts by where it leads.
        fs::rename(folder / "here", folder / "linked");
        fs::create_directory_symlink("linked", folder / "here");
        co_await a_while();
        CHECK(make(in, folder / "here/three") == 0);
    });
    CHECK(test::files_below(folder / "moved") == std::vector<std::string>{"one"});
    CHECK(test::files_below(folder / "linked") == std::vector<std::string>{"three", "two"});
}

TEST_CASE("a folder that is gone is looked up again at once where that is asked for") {
    const temp_folder folder;
    fs::create_directory(folder / "here");
    in_loop([&]() -> task<> {
        open_folder in(folder / "here/");
        CHECK(make(in, folder / "here/one") == 0);
        fs::remove_all(folder / "here");
        CHECK(make(in, folder / "here/two") == ENOENT);
        CHECK(in.look_again());
        CHECK(make(in, folder / "here/two") == ENOENT);
        CHECK_FALSE(in.look_again());
        fs::create_directory(folder / "here");
        CHECK(make(in, folder / "here/two") == 0);
        co_return;
    });
}
