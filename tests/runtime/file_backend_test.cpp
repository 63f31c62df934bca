// Which way the calls go, and what happens where one of the ways is closed.
#include <catch2/catch.hpp>

#include <tandem/base/metrics.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/file.hpp>
#include <tandem/threads/block_on.hpp>

#include <cstddef>
#include <map>
#include <thread>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#include "support/file_backends.hpp"
#include "support/log_capture.hpp"
#include "support/temp_folder.hpp"

using tandem::block_on;
using tandem::file;
using tandem::file_options;
using tandem::task;
using test::pattern;

namespace {

const auto for_both = file_options().read().write().create();

/// Whether the file system can say that a read needs no waiting.
bool can_ask(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    char byte;
    const iovec room = {&byte, 1};
    const bool answered = ::preadv2(descriptor, &room, 1, 0, RWF_NOWAIT) >= 0;
    ::close(descriptor);
    return answered;
}

/// Lets this thread, and those that it starts, call `number` no more.
void refuse_system_call(int number) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter = {std::size(program), program};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

} // namespace

TEST_CASE("what would hold up the loop goes the chosen way, what would not is done on the spot") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(10));
    auto all = [&]() -> task<> {
        file both = co_await file::open(path, for_both);
        CHECK(backend.chosen() == 1);
        co_await both.write(pattern(4096));
        CHECK(backend.inline_writes() == 1);
        CHECK(backend.chosen() == 1);
        const std::string large = pattern(64 * 1024 + 1);
        co_await both.write(large);
        CHECK(backend.inline_writes() == 1);
        CHECK(backend.chosen() >= 2);

        const auto before = backend.hops();
        std::string room(4096, ' ');
        const std::size_t count = co_await both.read_at(0, room);
        CHECK(count == room.size());
        if (can_ask(path)) {
            CHECK(backend.inline_reads() >= 1);
            CHECK(backend.hops() == before);
        } else {
            CHECK(backend.hops() > before);
        }
        const auto after = backend.chosen();
        co_await both.sync();
        co_await both.sync_data();
        co_await both.allocate(1);
        CHECK(backend.chosen() == after + 3);
        CHECK(tandem::file_statistics().in_flight == 0);
    };
    block_on(all());
}

TEST_CASE("many files are read at a time, each with its own content") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    constexpr unsigned files = 100;
    for (unsigned i = 0; i < files; ++i)
        folder.write(std::to_string(i), pattern(70'000 + i, i));
    const auto opens = test::open_descriptors();
    unsigned right = 0;
    auto one = [&](unsigned i) -> task<> {
        const std::string content = co_await tandem::read_file(folder / std::to_string(i));
        right += content == pattern(70'000 + i, i);
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        for (unsigned i = 0; i < files; ++i)
            group.spawn(one(i));
        co_return;
    };
    block_on(tandem::with_group(body));
    CHECK(right == files);
    CHECK(backend.chosen() >= files);
    // The threads are the process's own, and need no descriptor.
    CHECK(test::open_descriptors() == opens);
}

TEST_CASE("a thousand operations at once all come back") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    constexpr std::size_t pieces = 1000;
    // Too long to be written on the spot.
    constexpr std::size_t length = 64 * 1024 + 512;
    const std::string bytes = pattern(length);
    std::size_t most = 0;
    auto all = [&]() -> task<> {
        file both = co_await file::open(folder / "file", for_both);
        auto write_one = [&](std::size_t i) -> task<> { co_await both.write_at(i * 100, bytes); };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (std::size_t i = 0; i < pieces; ++i)
                group.spawn(write_one(i));
            co_await tandem::yield();
            most = tandem::file_statistics().in_flight;
        };
        co_await tandem::with_group(body);
        const std::uint64_t size = co_await both.size();
        CHECK(size == (pieces - 1) * 100 + length);
        std::string room(length, ' ');
        const std::size_t count = co_await both.read_at((pieces - 1) * 100, room);
        CHECK(count == length);
        // The pieces are written in any order, each as a whole.
        CHECK(room.substr(length - 100) == bytes.substr(length - 100));
    };
    block_on(all());
    CHECK(most == pieces);
    CHECK(backend.chosen() >= pieces);
    CHECK(tandem::file_statistics().in_flight == 0);
}

TEST_CASE("two tasks at one position are told so") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string bytes = pattern(100'000);
    auto all = [&]() -> task<> {
        file to = co_await file::open(folder / "file", for_both);
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(to.write(bytes));
            group.spawn(to.write(bytes));
            co_return;
        };
        co_await tandem::with_group(body);
    };
    CHECK_THROWS_AS(block_on(all()), tandem::usage_error);
}

TEST_CASE("each loop has a ring of its own, and leaves no descriptor behind") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const auto opens = test::open_descriptors();
    auto write_one = [&](std::string name) -> task<> {
        co_await tandem::write_file(folder / name, pattern(100'000));
    };
    for (int round = 0; round < 3; ++round) {
        std::thread other([&] { block_on(write_one("other")); });
        block_on(write_one("here"));
        other.join();
    }
    CHECK(test::open_descriptors() == opens);
    CHECK(test::read_file(folder / "here") == test::read_file(folder / "other"));
    // A loop that ends and runs again keeps its ring.
    tandem::loop twice;
    twice.run(write_one("once"));
    twice.run(write_one("again"));
    CHECK(test::read_file(folder / "again") == pattern(100'000));
}

TEST_CASE("where the kernel refuses a ring, threads do the work, and the log says so once") {
    if (!test::has_io_uring()) {
        WARN("no io_uring here: refusing it changes nothing");
        return;
    }
    // A filter may refuse the ring, or only its use.
    const int refused = GENERATE(SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register);
    const test::temp_folder folder;
    const auto before = tandem::file_statistics();
    std::vector<std::string> lines;
    std::string back;
    auto all = [&]() -> task<> {
        co_await tandem::write_file(folder / "file", pattern(100'000));
        back = co_await tandem::read_file(folder / "file");
    };
    const auto opens = test::open_descriptors();
    {
        const test::log_capture log(tandem::log_level::debug);
        std::thread filtered([&] {
            refuse_system_call(refused);
            block_on(all());
        });
        filtered.join();
        lines = log.texts();
    }
    CHECK(test::open_descriptors() == opens);
    CHECK(back == pattern(100'000));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("files are read and written by threads: ") == 0);
    const auto after = tandem::file_statistics();
    CHECK(after.ring == before.ring);
    CHECK(after.threads >= before.threads + 3);
}

TEST_CASE("without a word in the environment files go by the ring") {
    if (!test::has_io_uring()) {
        WARN("no io_uring here: nothing to prefer");
        return;
    }
    ::unsetenv("TANDEM_FILE");
    const test::temp_folder folder;
    const auto before = tandem::file_statistics();
    block_on(tandem::write_file(folder / "file", "x"));
    const auto after = tandem::file_statistics();
    // The opening at least; the close as well where the machine was too busy for a quick write.
    CHECK(after.ring > before.ring);
    CHECK(after.threads == before.threads);
}

TEST_CASE("the metrics tell how the work on files was done") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    block_on(tandem::write_file(folder / "file", "x"));
    const auto counts = tandem::file_statistics();
    std::map<std::string, double> ways;
    for (const auto& family : tandem::collect_metrics())
        if (family.name == "tandem_file_operations_total")
            for (const auto& sample : family.samples)
                ways[sample.labels.at(0).second] = sample.value;
    CHECK(ways.size() == 4);
    CHECK(ways["inline_write"] == static_cast<double>(counts.inline_writes));
    CHECK(ways["io_uring"] == static_cast<double>(counts.ring));
    CHECK(ways["thread"] == static_cast<double>(counts.threads));
    CHECK(ways[backend.is_ring() ? "io_uring" : "thread"] > 0);
}
