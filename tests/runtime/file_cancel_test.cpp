// Operations on files that are cancelled at every moment: none hangs, leaks or touches its buffer afterwards.
#include <catch2/catch.hpp>

#include <boost/asio/post.hpp>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/io/file.hpp>
#include <tandem/threads/block_on.hpp>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "support/cancel_at_each_step.hpp"
#include "support/file_backends.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::file;
using tandem::file_options;
using tandem::task;
using test::pattern;

namespace {

constexpr std::size_t large = 200'000;
const auto for_both = file_options().read().write().create();

/// Waits until a thread has begun with this system call: before that, the call would be taken back from it.
/// Where the system does not tell of that, waits for long.
task<> until_a_thread_is_in(long call) {
    const std::string wanted = std::to_string(call) + ' ';
    for (int waited = 0; waited < 500; ++waited) {
        for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
            std::string line;
            std::getline(std::ifstream(thread.path() / "syscall"), line);
            if (!line.empty()) waited = 0;
            if (line.starts_with(wanted)) co_return;
        }
        co_await tandem::sleep(1ms);
    }
}

/// Lets the loop look at I/O so many times.
task<> let_io_run(int turns) {
    for (int i = 0; i < turns; ++i)
        co_await boost::asio::post(tandem::detail::own_asio_context(), tandem::use);
}

/// Runs `scenario(target)` and cancels what it runs with `target.run(…)` after so many looks at I/O. Returns
/// whether that came before the end.
template <class Scenario> task<bool> run_cancelled_after(int turns, Scenario& scenario) {
    test::victim target;
    bool has_ended = false, has_cancelled = false;
    auto cancel = [&]() -> task<> {
        co_await let_io_run(turns);
        has_cancelled = !has_ended;
        target.cancel();
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(cancel());
        co_await scenario(target);
        has_ended = true;
        group.cancel();
    };
    co_await tandem::with_group(body);
    co_return has_cancelled;
}

template <class Scenario> void cancel_at_each_look(Scenario scenario) {
    const auto opens = test::open_descriptors();
    bool goes_on = true;
    // What a thread does ends while the loop looks some hundred times: the later ones need not be looked at
    // one by one.
    for (int turns = 0; goes_on; turns += 1 + turns / 8) {
        INFO("cancelled after " << turns << " looks at I/O");
        REQUIRE(turns < 1'000'000);
        goes_on = block_on(run_cancelled_after(turns, scenario));
        CHECK(tandem::file_statistics().in_flight == 0);
        CHECK(test::open_descriptors() == opens);
    }
}

/// A scenario: opens a file of `large` bytes, calls `operation(file, buffer)` to be cancelled, and looks
/// whether the buffer then stays as it is.
auto on_a_file(const std::string& path, std::function<task<>(file&, std::string&)> operation) {
    return [&path, operation = std::move(operation)](test::victim& target) -> task<> {
        file both = co_await file::open(path, for_both);
        std::string buffer = pattern(large);
        co_await target.run(operation(both, buffer));
        std::fill(buffer.begin(), buffer.end(), 'u');
        co_await let_io_run(3);
        CHECK(std::all_of(buffer.begin(), buffer.end(), [](char byte) { return byte == 'u'; }));
        // The file goes on.
        if (both.is_open()) {
            co_await both.write_at(0, pattern(large));
            co_await both.close();
        }
    };
}

} // namespace

TEST_CASE("a cancelled read or write of a file ends before its buffer does") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(large));
    cancel_at_each_look(on_a_file(path, [](file& from, std::string& room) -> task<> {
        const std::size_t count = co_await from.read_some(room);
        CHECK(room.substr(0, count) == pattern(large).substr(0, count));
    }));
    cancel_at_each_look(on_a_file(path, [](file& from, std::string& room) -> task<> {
        const std::size_t count = co_await from.read_at(1, room);
        CHECK(count == large - 1);
    }));
    cancel_at_each_look(
        on_a_file(path, [](file& to, std::string& bytes) -> task<> { co_await to.write(bytes); }));
    cancel_at_each_look(on_a_file(path, [](file& to, std::string& bytes) -> task<> {
        const std::size_t count = co_await to.write_some(bytes);
        CHECK(count > 0);
    }));
    cancel_at_each_look(
        on_a_file(path, [](file& to, std::string& bytes) -> task<> { co_await to.write_at(0, bytes); }));
    CHECK(test::read_file(path) == pattern(large));
}

TEST_CASE("whatever else a file can be asked for is cancelled without harm") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(large));
    cancel_at_each_look(on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.sync(); }));
    cancel_at_each_look(on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.sync_data(); }));
    cancel_at_each_look(
        on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.truncate(large); }));
    cancel_at_each_look(
        on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.allocate(2 * large); }));
    cancel_at_each_look(on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.size(); }));
    cancel_at_each_look(on_a_file(path, [](file& it, std::string&) -> task<> { co_await it.close(); }));
    CHECK(test::read_file(path) == pattern(large));
}

TEST_CASE("a cancelled open leaves no descriptor behind, nor do read_file and write_file") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(large));
    cancel_at_each_look([&](test::victim& target) -> task<> {
        auto open = [&]() -> task<> { file opened = co_await file::open(path); };
        co_await target.run(open());
    });
    cancel_at_each_look([&](test::victim& target) -> task<> {
        auto read = [&]() -> task<> {
            const std::string content = co_await tandem::read_file(path);
            CHECK(content == pattern(large));
        };
        co_await target.run(read());
    });
    cancel_at_each_look([&](test::victim& target) -> task<> {
        const std::string bytes = pattern(large, 2);
        const bool was_written = co_await target.run(tandem::write_file(folder / "written", bytes));
        if (was_written) CHECK(test::read_file(folder / "written") == bytes);
    });
}

TEST_CASE("every operation is a checkpoint, also where it is done on the spot") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder.write("file", "content");
    auto all = [&]() -> task<> {
        file both = co_await file::open(path, for_both);
        auto refused = [&](task<> work) -> task<> {
            test::victim target;
            target.cancel();
            const bool ended = co_await target.run(std::move(work));
            CHECK_FALSE(ended);
        };
        std::string room(3, ' ');
        auto read = [&]() -> task<> { co_await both.read_some(room); };
        auto size = [&]() -> task<> { co_await both.size(); };
        co_await refused(both.write("x"));
        co_await refused(both.write_at(0, "x"));
        co_await refused(read());
        co_await refused(size());
        co_await refused(both.close());
        CHECK(both.is_open());
        CHECK(both.position() == 0);
    };
    const auto before = tandem::file_statistics();
    block_on(all());
    const auto after = tandem::file_statistics();
    CHECK(after.inline_writes == before.inline_writes);
    CHECK(after.inline_reads == before.inline_reads);
    CHECK(test::read_file(path) == "content");
}

TEST_CASE("what is cancelled in the step that started it never reaches the kernel") {
    const test::each_file_backend backend;
    if (!backend.is_ring()) return; // a thread may have begun
    const test::temp_folder folder;
    const std::string path = folder.write("file", pattern(large));
    const std::string other = pattern(large, 2);
    auto all = [&]() -> task<> {
        file to = co_await file::open(path, file_options().write());
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 1000; ++i)
                group.spawn(to.write_at(0, other));
            co_await tandem::yield();
            CHECK(tandem::file_statistics().in_flight == 1000);
            group.cancel();
        };
        co_await tandem::with_group(body);
    };
    block_on(all());
    CHECK(test::read_file(path) == pattern(large));
    CHECK(tandem::file_statistics().in_flight == 0);
}

TEST_CASE("a read from a FIFO that nobody writes to is stopped in the ring, and waited for in a thread") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int writer = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(writer >= 0);
    auto all = [&]() -> task<> {
        file from = co_await file::open(path);
        std::string room(10, 'u');
        std::size_t count = 0;
        auto read = [&]() -> task<> { count = co_await from.read_some(room); };
        test::victim target;
        auto cancel = [&]() -> task<> {
            // Until the read has begun; its end comes from here in any case.
            if (backend.is_ring())
                co_await tandem::sleep(5ms);
            else
                co_await until_a_thread_is_in(SYS_preadv2);
            target.cancel();
            co_await tandem::sleep(1ms);
            if (!backend.is_ring()) REQUIRE(::write(writer, "late", 4) == 4);
        };
        bool ended = false;
        auto run = [&]() -> task<> { ended = co_await target.run(read()); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(cancel());
            group.spawn(run());
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(ended == !backend.is_ring());
        if (ended) {
            // Cancelled and yet delivered: nothing is lost.
            CHECK(room.substr(0, count) == "late");
            co_return;
        }
        // Bytes that come now do not go to the buffer of the cancelled read.
        REQUIRE(::write(writer, "later", 5) == 5);
        co_await let_io_run(5);
        CHECK(room == std::string(10, 'u'));
        co_await read();
        CHECK(room.substr(0, count) == "later");
    };
    block_on(all());
    ::close(writer);
}

TEST_CASE("opening a FIFO without another end is stopped in the ring, and waited for in a thread") {
    const test::each_file_backend backend;
    const test::temp_folder folder;
    const std::string path = folder / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const auto opens = test::open_descriptors();
    int other_end = -1;
    auto all = [&]() -> task<> {
        test::victim target;
        auto cancel = [&]() -> task<> {
            if (backend.is_ring())
                co_await tandem::sleep(500ms);
            else
                co_await until_a_thread_is_in(SYS_openat);
            target.cancel();
            co_await tandem::sleep(1ms);
            if (!backend.is_ring()) other_end = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        };
        auto open = [&]() -> task<> { file from = co_await file::open(path); };
        bool ended = false;
        auto run = [&]() -> task<> { ended = co_await target.run(open()); };
        auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(cancel());
            group.spawn(run());
            co_return;
        };
        co_await tandem::with_group(body);
        CHECK(ended == !backend.is_ring());
    };
    block_on(all());
    if (other_end >= 0) ::close(other_end);
    CHECK(test::open_descriptors() == opens);
}
