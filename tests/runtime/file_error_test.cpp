#include <catch2/catch.hpp>

#include <tandem/io/file.hpp>
#include <tandem/threads/block_on.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/file_backends.hpp"
#include "support/temp_folder.hpp"

using tandem::block_on;
using tandem::file;
using tandem::file_options;
using tandem::task;

namespace {

const auto for_writing = file_options().write().create();

/// Expects that `work` fails with `code`, as a system_error that says `text`.
void check_fails(task<> work, std::errc code, const std::string& text) {
    try {
        block_on(std::move(work));
        FAIL("it did not fail: " << text);
    } catch (const std::system_error& error) {
        CHECK(error.code() == code);
        CHECK(std::string(error.what()).find(text) == 0);
    }
}

task<> open_only(std::string path, file_options options = {}) {
    file opened = co_await file::open(std::move(path), options);
}

/// Root may do everything: acts as nobody while it lives.
class without_privileges {
  public:
    without_privileges() {
        if (was_root_) REQUIRE(::seteuid(65534) == 0);
    }
    ~without_privileges() {
        if (was_root_) (void)!::seteuid(0);
    }

  private:
    bool was_root_ = ::geteuid() == 0;
};

/// A file system of 64 KiB that no path leads to; -1 where mounting is refused.
int small_file_system() {
    const int context = ::fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int mounted = -1;
    if (::fsconfig(context, FSCONFIG_SET_STRING, "size", "64k", 0) == 0 &&
        ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0)
        mounted = ::fsmount(context, FSMOUNT_CLOEXEC, 0);
    ::close(context);
    return mounted;
}

} // namespace

TEST_CASE("a file that cannot be opened is named by the error") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string file_there = folder.write("there", "");
    const auto opens = test::open_descriptors();
    const std::string none = folder / "none";
    check_fails(open_only(none), std::errc::no_such_file_or_directory,
                "cannot open '" + none + "': No such file or directory");
    const std::string here = folder.path().string();
    check_fails(open_only(here, file_options().write()), std::errc::is_a_directory,
                "cannot open '" + here + "': Is a directory");
    check_fails(open_only(file_there, file_options().write().exclusive()), std::errc::file_exists,
                "cannot open '" + file_there + "': File exists");
    check_fails(open_only(file_there + "/below"), std::errc::not_a_directory,
                "cannot open '" + file_there + "/below': Not a directory");
    check_fails(open_only(std::string("a\0b", 3)), std::errc::invalid_argument, "cannot open 'a");
    {
        REQUIRE(::chmod(file_there.c_str(), 0) == 0);
        const without_privileges nobody;
        check_fails(open_only(file_there), std::errc::permission_denied,
                    "cannot open '" + file_there + "': Permission denied");
    }
    CHECK(test::open_descriptors() == opens);
}

TEST_CASE("a directory opens for reading, and reading it is the error") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string here = folder.path().string();
    auto read_folder = [&]() -> task<> {
        file opened = co_await file::open(here);
        char byte;
        co_await opened.read_some(std::span<char>(&byte, 1));
    };
    check_fails(read_folder(), std::errc::is_a_directory, "cannot read '" + here + "': Is a directory");
}

TEST_CASE("a file refuses what it was not opened for") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "content");
    const std::size_t length = GENERATE(1, 100'000);
    std::string bytes(length, 'x');
    auto write_it = [&]() -> task<> {
        file opened = co_await file::open(path);
        co_await opened.write(bytes);
    };
    check_fails(write_it(), std::errc::bad_file_descriptor, "cannot write to '" + path + "': Bad file");
    auto read_it = [&]() -> task<> {
        file opened = co_await file::open(path, file_options().write());
        co_await opened.read_some(bytes);
    };
    check_fails(read_it(), std::errc::bad_file_descriptor, "cannot read '" + path + "': Bad file");
    auto cut = [&]() -> task<> {
        file opened = co_await file::open(path);
        co_await opened.truncate(1);
    };
    check_fails(cut(), std::errc::invalid_argument, "cannot truncate '" + path + "': Invalid argument");
    auto reserve = [&]() -> task<> {
        file opened = co_await file::open(path);
        co_await opened.allocate(1);
    };
    check_fails(reserve(), std::errc::bad_file_descriptor, "cannot allocate room for '" + path + "'");
    auto far = [&]() -> task<> {
        file opened = co_await file::open(path, file_options().write());
        co_await opened.write_at(UINT64_MAX, "x");
    };
    CHECK_THROWS_AS(block_on(far()), std::system_error);
    auto seek = [&]() -> task<> {
        file opened = co_await file::open(path);
        opened.seek(UINT64_MAX);
    };
    check_fails(seek(), std::errc::invalid_argument, "cannot seek in '" + path + "'");
    CHECK(test::read_file(path) == "content");
}

TEST_CASE("a device that is full says so") {
    const test::each_file_backend backend;
    const std::size_t length = GENERATE(1, 100'000);
    const std::string bytes(length, 'x');
    auto fill = [&]() -> task<> {
        file full = co_await file::open("/dev/full", file_options().write());
        co_await full.write(bytes);
    };
    check_fails(fill(), std::errc::no_space_on_device,
                "cannot write to '/dev/full': No space left on device");
    CHECK_THROWS_AS(block_on(tandem::write_file("/dev/full", bytes)), std::system_error);
}

TEST_CASE("a file system that fills up in the middle keeps what went before") {
    const test::each_file_backend backend;
    const int mounted = small_file_system();
    if (mounted < 0) {
        WARN("mounting is refused here: a file system that fills up is not tested");
        return;
    }
    const std::string path = "/proc/self/fd/" + std::to_string(mounted) + "/file";
    const std::size_t piece = GENERATE(10'000, 200'000);
    const std::string bytes(piece, 'x');
    auto fill = [&]() -> task<> {
        file to = co_await file::open(path, for_writing);
        for (;;)
            co_await to.write(bytes);
    };
    check_fails(fill(), std::errc::no_space_on_device,
                "cannot write to '" + path + "': No space left on device");
    CHECK(test::read_file(path).size() == 64 * 1024);
    auto reserve = [&]() -> task<> {
        file to = co_await file::open(path, for_writing);
        co_await to.allocate(1 << 20);
    };
    check_fails(reserve(), std::errc::no_space_on_device, "cannot allocate room for '" + path + "'");
    ::close(mounted);
}

#ifndef __SANITIZE_ADDRESS__
// UndefinedBehaviorSanitizer looks at an exception's type through a pipe, for which there is no descriptor.
TEST_CASE("without a descriptor left, opening fails and the files that are open go on") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "content");
    const std::string bytes(100'000, 'x');
    auto all = [&]() -> task<> {
        file before = co_await file::open(path, for_writing);
        rlimit limit;
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
        const int next = ::dup(0);
        ::close(next);
        rlimit none = limit;
        none.rlim_cur = static_cast<rlim_t>(next);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
        std::error_code code;
        std::string text;
        try {
            co_await open_only(path);
        } catch (const std::system_error& error) {
            code = error.code();
            text = error.what();
        }
        co_await before.write(bytes);
        ::setrlimit(RLIMIT_NOFILE, &limit);
        CHECK(code == std::errc::too_many_files_open);
        CHECK(text == "cannot open '" + path + "': Too many open files");
        co_await open_only(path);
    };
    block_on(all());
    CHECK(test::read_file(path) == bytes);
}
#endif

TEST_CASE("closing tells of its failure, and closes") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "content");
    auto close_twice = [&]() -> task<> {
        file opened = co_await file::open(path);
        ::close(opened.descriptor());
        try {
            co_await opened.close();
        } catch (const std::system_error&) {
            CHECK_FALSE(opened.is_open());
            throw;
        }
    };
    check_fails(close_twice(), std::errc::bad_file_descriptor, "cannot close '" + path + "'");
    CHECK_THROWS_WITH(file::adopt(100'000, "nothing"), "cannot adopt 'nothing': Bad file descriptor");
}
