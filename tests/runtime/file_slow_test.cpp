// Disks that take their time: the loop goes on, and later writes know.
#include <catch2/catch.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/file.hpp>
#include <tandem/threads/block_on.hpp>

#include <atomic>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "support/file_backends.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::file;
using tandem::file_options;
using tandem::task;
using test::pattern;

namespace {

/// Writes to this descriptor take long.
std::atomic<int> slow_descriptor = -1;
/// The loop's thread must not come here any more.
std::atomic<bool> is_loop_barred = false;
std::atomic<int> barred_writes = 0;
/// Where not on the loop's thread, a slow write waits for this.
std::atomic<bool> may_go_on = true;
thread_local bool is_loop_thread = false;

void wait_for_disk() {
    if (is_loop_thread) {
        barred_writes += is_loop_barred;
        std::this_thread::sleep_for(5ms);
        return;
    }
    while (!may_go_on)
        std::this_thread::sleep_for(100us);
}

} // namespace

/// In place of the system's: a disk whose cache is full.
extern "C" ssize_t pwritev2(int descriptor, const iovec* bytes, int count, off_t offset, int flags) {
    if (descriptor >= 0 && descriptor == slow_descriptor) wait_for_disk();
    return ::syscall(SYS_pwritev2, descriptor, bytes, count, offset, 0L, flags);
}

TEST_CASE("after a slow write the next ones leave the loop alone, which goes on ticking") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    is_loop_thread = true;
    const auto slow_before = tandem::file_statistics().slow_files;
    auto all = [&]() -> task<> {
        file to = co_await file::open(folder / "file", file_options().write().create());
        file other = co_await file::open(folder / "other", file_options().write().create());
        slow_descriptor = to.descriptor();
        co_await to.write("first ");
        CHECK(backend.inline_writes() == 1);
        CHECK(tandem::file_statistics().slow_files == slow_before + 1);

        is_loop_barred = true;
        may_go_on = false;
        const auto hops = backend.chosen();
        bool is_written = false;
        auto write_more = [&]() -> task<> {
            co_await to.write("second ");
            co_await to.write_at(13, "third");
            is_written = true;
        };
        int ticks = 0;
        auto tick = [&]() -> task<> {
            for (; ticks < 5; ++ticks)
                co_await tandem::sleep(1ms);
            // Where a thread writes, the disk has kept it waiting until now.
            if (!backend.is_ring()) CHECK_FALSE(is_written);
            may_go_on = true;
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(write_more());
            group.spawn(tick());
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(ticks == 5);
        CHECK(is_written);
        CHECK(backend.inline_writes() == 1);
        CHECK(backend.chosen() == hops + 2);
        // Other files are as quick as they were.
        co_await other.write("quick");
        CHECK(backend.inline_writes() == 2);
        const auto closes = backend.chosen();
        co_await to.close();
        CHECK(backend.chosen() == closes + 1);
    };
    block_on(all());
    CHECK(barred_writes == 0);
    slow_descriptor = -1;
    is_loop_barred = false;
    is_loop_thread = false;
    CHECK(test::read_file(folder / "file") == "first second third");
}

TEST_CASE("a write that nobody takes in keeps nobody else from running") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    // A FIFO takes in 64 KiB, so that the rest has to wait for the reader.
    const std::string bytes = pattern(300'000);
    const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    std::string received;
    auto all = [&]() -> task<> {
        file to = co_await file::open(path, file_options().write());
        bool is_written = false;
        auto write = [&]() -> task<> {
            co_await to.write(bytes);
            is_written = true;
        };
        auto read_later = [&]() -> task<> {
            for (int ticks = 0; ticks < 5; ++ticks)
                co_await tandem::sleep(1ms);
            CHECK_FALSE(is_written);
            std::string room(50'000, '\0');
            while (received.size() < bytes.size()) {
                const ssize_t count = ::read(reader, room.data(), room.size());
                if (count > 0)
                    received.append(room, 0, static_cast<std::size_t>(count));
                else
                    co_await tandem::sleep(1ms);
            }
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(write());
            group.spawn(read_later());
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(is_written);
        CHECK(backend.inline_writes() == 0);
    };
    block_on(all());
    ::close(reader);
    CHECK(received == bytes);
}
