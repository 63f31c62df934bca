// Downloads and the disks they go to: full, slow to say so, or read-only.
#include <catch2/catch.hpp>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>

#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/cancel_at_each_moment.hpp"
#include "support/largest_file.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::content;
using test::failure_of;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::largest_file;
using test::read_file;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;

namespace {

download_options into(const std::string& folder) {
    return download_options().folder(folder).no_retry();
}

/// A file system of its own in memory, of so many bytes, where the test may mount one.
class small_disk {
  public:
    explicit small_disk(const std::string& options)
        : is_mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) == 0) {}
    small_disk(const small_disk&) = delete;
    small_disk& operator=(const small_disk&) = delete;
    ~small_disk() {
        if (is_mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    explicit operator bool() const noexcept { return is_mounted_; }
    std::string path() const { return folder_.path().string(); }
    std::string operator/(std::string_view name) const { return folder_ / name; }

  private:
    test::temp_folder folder_;
    bool is_mounted_;
};

void interrupt(int) {}

} // namespace

TEST_CASE("a disk that fills up in the middle is an error that names the file, and the part stays of use") {
    test::temp_folder folder;
    served_file file{content(3'000'000)};
    const bool is_moved = GENERATE(true, false); // by the kernel, or read and written in chunks
    scripted_server server([&](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const bool is_rest = !test::field_of(*request, "Range").empty();
            if (is_moved || is_rest) {
                talk.send(test::answer_to(*request, file));
                continue;
            }
            std::string chunks = "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nTransfer-Encoding: chunked\r\n\r\n";
            for (std::size_t at = 0; at < file.body.size(); at += 1'000)
                chunks += "3e8\r\n" + file.body.substr(at, 1'000) + "\r\n";
            talk.send(chunks + "0\r\n\r\n");
        }
    });
    in_loop([&]() -> task<> {
        client web;
        {
            const largest_file limit(1'500'000);
            const auto error = co_await failure_of<file_error>(
                download(web.get(server.url("/x")), into(folder.path().string())));
            CHECK(error.cause() == folder / "x" + ": File too large");
            CHECK(error.code() == EFBIG);
        }
        CHECK(files_below(folder.path()) == names{"x.part", "x.part.tandem"});
        CHECK(read_file(folder / "x.part.tandem").find("ranges 0-1499999\n") != std::string::npos);
        const auto made = co_await download(web.get(server.url("/x")), into(folder.path().string()));
        CHECK(made.resumed == 1'500'000);
    });
    CHECK((read_file(folder / "x") == file.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("a file that the disk has no room for is refused before it is brought") {
    small_disk disk("size=4m");
    if (!disk) {
        WARN("this test may not mount a file system");
        return;
    }
    scripted_server server(serving(served_file{content(5'000'000)}));
    in_loop([&]() -> task<> {
        client web;
        const auto error =
            co_await failure_of<file_error>(download(web.get(server.url("/x")), into(disk.path())));
        CHECK(error.code() == ENOSPC);
        CHECK(error.path() == disk / "x");
        CHECK(has_all(error.cause(),
                      "no space left on the device: 5000000 bytes are needed, 4194304 are free"));
    });
    CHECK(files_below(disk.path()).empty());
}

TEST_CASE("a disk that is full leaves a part that can be gone on with when there is room again") {
    small_disk disk("size=4m");
    if (!disk) {
        WARN("this test may not mount a file system");
        return;
    }
    const served_file file{content(3'000'000)};
    scripted_server server([&](test::conversation& talk) {
        while (const auto request = talk.request()) {
            if (!test::field_of(*request, "Range").empty()) {
                talk.send(test::answer_to(*request, file));
                continue;
            }
            // It does not say how long it is.
            talk.send("HTTP/1.1 200 OK\r\nETag: \"one\"\r\nConnection: close\r\n\r\n" + file.body);
            return talk.finish();
        }
    });
    // Less than the first note comes after, or more.
    const std::size_t left = GENERATE(600'000, 2'000'000);
    const auto filler = std::string(4 * 1024 * 1024 - left, 'x');
    {
        std::ofstream out(disk / "filler", std::ios::binary);
        out << filler;
    }
    in_loop([&]() -> task<> {
        client web;
        const auto error =
            co_await failure_of<file_error>(download(web.get(server.url("/x")), into(disk.path())));
        CHECK(error.code() == ENOSPC);
        CHECK(files_below(disk.path()) == names{"filler", "x.part", "x.part.tandem"});
        std::filesystem::remove(disk / "filler");
        const auto made = co_await download(web.get(server.url("/x")), into(disk.path()));
        CHECK(made.resumed > left / 2);
    });
    CHECK((read_file(disk / "x") == file.body));
    CHECK(files_below(disk.path()) == names{"x"});
}

TEST_CASE("a disk that only reads is an error before anything is asked") {
    small_disk disk("ro");
    const std::string target = disk ? disk / "x" : "/proc/tandem-x";
    scripted_server server(test::echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto error =
            co_await failure_of<file_error>(download(web.get(server.url("/x")), into("").file(target)));
        CHECK(error.path() == target + ".part");
        CHECK(error.code() == (disk ? EROFS : ENOENT));
    });
    CHECK(server.requests().empty());
}

TEST_CASE("a file in the place of a folder is an error that names it") {
    test::temp_folder folder;
    const auto file = folder.write("file", "in the way");
    scripted_server server(test::echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<file_error>(download(web.get(server.url("/x")), into(file)));
        CHECK(error.code() == ENOTDIR);
        CHECK(error.path() == file + "/x.part");
    });
    CHECK(files_below(folder.path()) == names{"file"});
}

TEST_CASE("room that was set aside and not used is given back") {
    test::temp_folder folder;
    scripted_server server(serving(served_file{content(9'000'000)}, {2'000'000}));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(
            download(web.get(server.url("/x")), into(folder.path().string())));
    });
    struct stat seen {};
    REQUIRE(::stat((folder / "x.part").c_str(), &seen) == 0);
    CHECK(seen.st_size == 2'000'000);
    CHECK(seen.st_blocks * 512 < 3'000'000);
}

TEST_CASE("a durable download is as any other, with its data on the disk before they are claimed") {
    test::temp_folder folder;
    const served_file file{content(20'000'000)};
    scripted_server server(serving(file, {19'000'000}));
    in_loop([&]() -> task<> {
        client web;
        const auto how = into(folder.path().string()).durable();
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
        const auto made = co_await download(web.get(server.url("/x")), how);
        CHECK(made.resumed == 19'000'000);
    });
    CHECK((read_file(folder / "x") == file.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("signals in the middle of calls change nothing") {
    test::temp_folder folder;
    const served_file file{content(6'000'000)};
    scripted_server server(serving(file));
    struct sigaction storm {
    }, before{};
    storm.sa_handler = interrupt; // without SA_RESTART
    ::sigaction(SIGALRM, &storm, &before);
    const itimerval often{{0, 200}, {0, 200}}, never{};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 5; ++i)
            co_await download(web.get(server.url("/x")),
                              into(folder.path().string()).existing(if_exists::replace).durable(i == 4));
    });
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("cancelled at any moment, a download leaves a part that is gone on with, or nothing") {
    const bool is_durable = GENERATE(false, true);
    // Large enough for room to be set aside; one that waits for the disk need not be.
    const served_file file{content(is_durable ? 100'000 : 1'200'000)};
    test::temp_folder folder;
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        scripted_server server(serving(file));
        client web;
        std::uint64_t resumed = 0;
        const auto how = into(folder / "in").durable(is_durable);
        const auto fetch = [&]() -> task<> {
            const auto made = co_await download(web.get(server.url("/file")), how);
            resumed = made.resumed;
        };
        const bool ended = co_await target.run(fetch());
        const auto left = files_below(folder / "in");
        const bool is_whole = left == names{"file"}; // it may have had its name just before
        const bool has_part = left == names{"file.part", "file.part.tandem"};
        CHECK((is_whole || has_part || left.empty()));
        CHECK((is_whole || !ended));
        CHECK(web.statistics().active == 0);
        if (!is_whole) {
            const auto size = has_part ? std::filesystem::file_size(folder / "in/file.part") : 0;
            co_await fetch();
            CHECK(resumed == (size == file.body.size() ? size - 1 : size));
        }
        CHECK((read_file(folder / "in/file") == file.body));
        std::filesystem::remove_all(folder / "in");
    });
}
