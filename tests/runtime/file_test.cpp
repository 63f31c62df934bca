#include <catch2/catch.hpp>

#include <tandem/base/error.hpp>
#include <tandem/io/file.hpp>
#include <tandem/threads/block_on.hpp>

#include <sys/stat.h>

#include "support/file_backends.hpp"
#include "support/temp_folder.hpp"

using tandem::block_on;
using tandem::file;
using tandem::file_options;
using tandem::task;
using test::pattern;

namespace {

const auto for_writing = file_options().write().create();
const auto for_both = file_options().read().write().create();

} // namespace

TEST_CASE("what is written to a file is read from it, whatever its length") {
    const test::each_file_backend backend;
    const std::size_t length = GENERATE(0, 1, 4096, 65536, 65537, 1 << 20);
    const test::temp_folder folder;
    const std::string path = folder / "file";
    const std::string bytes = pattern(length);
    auto all = [&]() -> task<> {
        file to = co_await file::open(path, for_writing);
        co_await to.write(bytes);
        CHECK(to.position() == length);
        co_await to.close();
        CHECK(test::read_file(path) == bytes);

        file from = co_await file::open(path);
        const std::uint64_t size = co_await from.size();
        CHECK(size == length);
        std::string back;
        std::string room(100'000, '\0');
        for (;;) {
            const std::size_t count = co_await from.read_some(room);
            if (count == 0) break;
            back.append(room, 0, count);
        }
        CHECK(back == bytes);
        co_await from.close();
    };
    block_on(all());
}

TEST_CASE("read_at and write_at find odd offsets and leave the position alone") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(300'000));
    auto all = [&]() -> task<> {
        file both = co_await file::open(path, for_both);
        both.seek(17);
        const std::string small = pattern(333, 2);
        const std::string large = pattern(100'001, 3);
        co_await both.write_at(4095, small);
        co_await both.write_at(70'001, large);
        std::string expected = pattern(300'000);
        expected.replace(4095, small.size(), small);
        expected.replace(70'001, large.size(), large);
        CHECK(test::read_file(path) == expected);

        std::string room(200'003, '\0');
        const std::size_t whole = co_await both.read_at(4001, room);
        CHECK(whole == room.size());
        CHECK(room == expected.substr(4001, whole));
        const std::size_t rest = co_await both.read_at(299'990, room);
        CHECK(rest == 10);
        CHECK(room.substr(0, rest) == expected.substr(299'990));
        const std::size_t none = co_await both.read_at(300'000, room);
        CHECK(none == 0);
        CHECK(both.position() == 17);
    };
    block_on(all());
}

TEST_CASE("a read and a write go on from the position that was sought") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    auto all = [&]() -> task<> {
        file both = co_await file::open(folder / "file", for_both);
        co_await both.write("0123456789");
        both.seek(3);
        std::string room(4, ' ');
        const std::size_t count = co_await both.read_some(room);
        CHECK(room.substr(0, count) == "3456");
        CHECK(both.position() == 7);
        const std::size_t written = co_await both.write_some("ab");
        CHECK(written == 2);
        CHECK(test::read_file(folder / "file") == "0123456ab9");
        both.seek(12);
        co_await both.write("z");
        CHECK(test::read_file(folder / "file") == std::string("0123456ab9\0\0z", 13));
    };
    block_on(all());
}

TEST_CASE("files opened to append write behind each other, whoever comes first") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("log", "first\n");
    const std::string large = pattern(150'000);
    auto all = [&]() -> task<> {
        file one = co_await file::open(path, file_options().append());
        file other = co_await file::open(path, file_options().append());
        co_await one.write("second\n");
        co_await other.write(large);
        co_await one.write("last\n");
        CHECK(test::read_file(path) == "first\nsecond\n" + large + "last\n");
        co_await one.write_at(0, "x");
    };
    CHECK_THROWS_AS(block_on(all()), tandem::usage_error);
}

TEST_CASE("a file is emptied, made or refused as its options say") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "content");
    auto all = [&]() -> task<> {
        file kept = co_await file::open(path, for_writing);
        CHECK(test::read_file(path) == "content");
        file emptied = co_await file::open(path, file_options().write().truncate());
        CHECK(test::read_file(path).empty());
        const ::mode_t mask = ::umask(0);
        file made =
            co_await file::open(folder / "made", file_options().write().exclusive().permissions(0640));
        ::umask(mask);
        struct stat status;
        REQUIRE(::stat(made.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0640);
        CHECK(made.path() == folder / "made");
    };
    block_on(all());
}

TEST_CASE("truncate cuts a file off and fills it up, allocate leaves its size alone") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "0123456789");
    auto all = [&]() -> task<> {
        file both = co_await file::open(path, for_both);
        co_await both.truncate(4);
        CHECK(test::read_file(path) == "0123");
        co_await both.truncate(6);
        CHECK(test::read_file(path) == std::string("0123\0\0", 6));
        co_await both.allocate(1 << 20);
        const std::uint64_t size = co_await both.size();
        CHECK(size == 6);
        struct stat status;
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK(status.st_blocks * 512 >= 1 << 20);
        co_await both.allocate(0);
        co_await both.sync();
        co_await both.sync_data();
    };
    block_on(all());
}

TEST_CASE("a file that moves keeps what it has, and one that is closed says so") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    auto all = [&]() -> task<> {
        file first = co_await file::open(folder / "file", for_writing);
        CHECK(first.is_open());
        CHECK(first.descriptor() >= 0);
        file second = std::move(first);
        CHECK_FALSE(first.is_open());
        CHECK(first.descriptor() == -1);
        co_await second.write("x");
        co_await second.close();
        CHECK_FALSE(second.is_open());
        co_await second.close();
        CHECK_THROWS_AS(second.position(), tandem::usage_error);
        CHECK_THROWS_AS(second.path(), tandem::usage_error);
        co_await second.write("y");
    };
    CHECK_THROWS_AS(block_on(all()), tandem::usage_error);
    CHECK(test::read_file(folder / "file") == "x");
}

TEST_CASE("an adopted descriptor is the file's from then on") {
    const test::each_file_backend backend;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    auto all = [&]() -> task<> {
        file out = file::adopt(ends[1], "the pipe");
        file in = file::adopt(ends[0], "the pipe");
        co_await out.write("through");
        co_await out.close();
        std::string room(20, ' ');
        const std::size_t count = co_await in.read_some(room);
        CHECK(room.substr(0, count) == "through");
        const std::size_t end = co_await in.read_some(room);
        CHECK(end == 0);
        CHECK_THROWS_AS(in.position(), std::system_error);
    };
    const auto before = test::open_descriptors();
    block_on(all());
    CHECK(test::open_descriptors() == before - 2);
}

TEST_CASE("read_file and write_file take a file as a whole") {
    const test::each_file_backend backend;
    const std::size_t length = GENERATE(0, 1, 4095, 4096, 4097, 300'000);
    const test::temp_folder folder;
    const std::string bytes = pattern(length);
    folder.write("file", "what was there before");
    auto all = [&]() -> task<> {
        co_await tandem::write_file(folder / "file", bytes);
        const std::string back = co_await tandem::read_file(folder / "file", length);
        CHECK(back == bytes);
        // A file without a size of its own.
        const std::string status = co_await tandem::read_file("/proc/self/status");
        CHECK(status.find("VmRSS") != std::string::npos);
    };
    block_on(all());
    if (length == 0) return;
    auto too_much = [&]() -> task<> { co_await tandem::read_file(folder / "file", length - 1); };
    CHECK_THROWS_WITH(block_on(too_much()), "cannot read '" + (folder / "file") + "': File too large");
}
