// What --then understands, and how files go through it.
#include "common/sha256.hpp"
#include "download/modes/file_report.hpp"
#include "download/steps/step_runner.hpp"
#include "support/process_tree.hpp"
#include "support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <tandem/coro/for_each.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/threads/block_on.hpp>

using Catch::Matchers::Contains;
using tandem::task;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

tandem::http::downloaded at(const std::string& path) {
    return tandem::http::downloaded(tandem::http::url("http://h/a"), tandem::http::file_path(path));
}

/// Runs one step on one file, in the loop's thread, and returns what the display was told.
file_report done(const std::string& text, const std::string& path) {
    report_display shown;
    const auto file = shown.begin("http://h/a");
    tandem::block_on(finish_file(shown, {step_from(text)}, file, at(path), nullptr));
    return shown.report();
}

/// A pipe with a name: who reads it waits until the test lets it go.
class gate {
  public:
    explicit gate(std::string path)
        : path_(std::move(path)) {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
    }
    const std::string& path() const { return path_; }
    /// Its other end, at which who reads waits until it is closed; -1 as long as nobody reads.
    int hold() const { return ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); }
    /// False as long as nobody waits at it.
    bool open() const {
        const int end = hold();
        if (end >= 0) ::close(end);
        return end >= 0;
    }

  private:
    std::string path_;
};

} // namespace

TEST_CASE("the option --then understands four steps") {
    CHECK(step_from("thumbnail:128").kind == step_kind::thumbnail);
    CHECK(step_from("thumbnail:128").amount == 128);
    CHECK(step_from("sha256").kind == step_kind::sha256);
    CHECK(step_from("extract").amount == default_extract_limit);
    CHECK(step_from("extract:2M").amount == 2 << 20);
    CHECK(step_from("exec:gzip -9").command == "gzip -9 \"$1\"");
    CHECK(step_from("exec:mv {} done/").command == "mv \"$1\" done/");
    CHECK(step_from("exec:echo \"$1\"").command == "echo \"$1\"");
    CHECK(step_from("exec:gzip -9").name == "exec:gzip -9");
    for (const char* wrong : {"", "thumbnail", "thumbnail:0", "thumbnail:x", "sha256:1", "sha512",
                              "extract:x", "exec", "exec: ", "exec:mv \"{}\" done", "exec:mv '{}'x"}) {
        INFO(wrong);
        CHECK_THROWS_AS(step_from(wrong), std::invalid_argument);
    }
}

TEST_CASE("sha256 gives the line that sha256sum gives, also for names that need care") {
    test::temp_folder folder;
    const auto plain = folder.write("a b", "content");
    CHECK(done("sha256", plain).results == std::vector<std::string>{sha256("content") + "  " + plain});
    const auto wild = folder.write("a\nb\\c", "content");
    CHECK(done("sha256", wild).results ==
          std::vector<std::string>{"\\" + sha256("content") + "  " + (folder / "a\\nb\\\\c")});
    CHECK_THAT(done("sha256", folder / "absent").failure, Contains("http://h/a: ") && Contains("absent"));
}

TEST_CASE("exec hands the path to a shell as an argument, whatever characters are in it") {
    test::temp_folder folder;
    const auto wild = folder.write("$(touch evil) 'a' \"b\";#", "content");
    CHECK(done("exec:printf %s", wild).results == std::vector<std::string>{wild});
    CHECK(done("exec:cat < {}", wild).results == std::vector<std::string>{"content"});
    CHECK(done("exec:echo seen >&2; :", wild).messages == std::vector<std::string>{"seen\n"});
    CHECK(test::files_below(folder.path()).size() == 1);
}

TEST_CASE("a command that fails fails its file, with its status and its last words") {
    test::temp_folder folder;
    const auto file = folder.write("a", "content");
    CHECK(done("exec:echo first >&2; echo no room >&2; exit 3; :", file).failure ==
          "http://h/a: exec:echo first >&2; echo no room >&2; exit 3; :: exit status 3: no room");
    CHECK_THAT(done("exec:kill -9 $$; :", file).failure, Contains("killed by signal 9"));
    CHECK(fs::exists(file));
}

TEST_CASE("steps are done in their order, and none behind one that fails") {
    test::temp_folder folder;
    const auto file = folder.write("a", "content");
    report_display shown;
    const auto id = shown.begin("http://h/a");
    const std::vector<step> steps = {step_from("exec:echo 1; :"), step_from("sha256"),
                                     step_from("exec:exit 1; :"), step_from("exec:echo 4; :")};
    tandem::block_on(finish_file(shown, steps, id, at(file), nullptr));
    CHECK(shown.report().results == std::vector<std::string>{"1", sha256("content") + "  " + file});
    CHECK_THAT(shown.report().failure, Contains("exit status 1"));
}

TEST_CASE("a file that was there before has no steps") {
    report_display shown;
    const auto id = shown.begin("http://h/a");
    auto kept = at("absent");
    kept.was_kept = true;
    tandem::block_on(finish_file(shown, {step_from("sha256")}, id, kept, nullptr));
    CHECK(shown.report().failure.empty());
    CHECK(shown.report().was_kept);
}

TEST_CASE("a worker that dies fails the step of its file, which stays, and no other") {
    test::temp_folder folder;
    const auto good = folder.write("good", "content");
    gate held(folder / "held");
    report_display shown;
    auto run = [&]() -> task<> {
        tandem::process_pool cpu(tandem::process_pool_options().workers(1));
        step_runner steps(shown, {step_from("sha256")}, &cpu);
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            co_await steps.take(group, shown.begin("http://h/held"), at(held.path()));
            int end = held.hold();
            for (; end < 0; end = held.hold()) // until the worker has begun
                co_await tandem::sleep(1ms);
            ::kill(cpu.workers().at(0), SIGKILL);
            ::close(end);
            co_await steps.take(group, shown.begin("http://h/good"), at(good));
        });
    };
    tandem::block_on(run());
    CHECK(shown.failures() == 1);
    CHECK(shown.saved() == 1);
    CHECK(fs::exists(held.path()));
}

TEST_CASE("steps that are slow hold the downloads back, and all is done in the end") {
    constexpr std::size_t jobs = 3, most_files = 2, files = 20;
    test::temp_folder folder;
    std::vector<std::unique_ptr<gate>> gates;
    for (std::size_t i = 0; i < files; ++i)
        gates.push_back(std::make_unique<gate>(folder / std::to_string(i)));
    report_display shown;

    std::size_t downloaded = 0;
    auto run = [&]() -> task<> {
        tandem::process_pool cpu(tandem::process_pool_options().workers(1));
        step_runner steps(shown, {step_from("sha256")}, &cpu, most_files);
        tandem::task_group* steps_group = nullptr;
        auto download = [&](std::unique_ptr<gate>& file) -> task<> {
            co_await tandem::sleep(0ms);
            ++downloaded;
            co_await steps.take(*steps_group, shown.begin("http://h/a"), at(file->path()));
        };
        auto open_one_after_the_other = [&]() -> task<> {
            for (std::size_t i = 0; i < files; ++i) {
                // Those in their steps, and one for each download that has no place for its file.
                const auto expected = std::min(files, shown.saved() + most_files + jobs);
                while (downloaded < expected)
                    co_await tandem::sleep(1ms);
                for (int turn = 0; turn < 100; ++turn)
                    co_await tandem::sleep(0ms); // however long that lasts, there are no more
                CHECK(downloaded == expected);
                while (!gates[i]->open())
                    co_await tandem::sleep(1ms);
                while (shown.saved() == i)
                    co_await tandem::sleep(1ms);
            }
        };
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            steps_group = &group;
            group.spawn(open_one_after_the_other());
            co_await tandem::for_each(gates, tandem::at_most(jobs), download);
        });
    };
    tandem::block_on(run());
    CHECK(downloaded == files);
    CHECK(shown.saved() == files);
}

TEST_CASE("cancelling ends a command, with what it has started") {
    test::temp_folder folder;
    report_display shown;
    const auto id = shown.begin("http://h/a");
    const std::vector<step> steps = {step_from("exec:sleep 1000 & echo $! $$ > {}; wait; echo never")};
    const auto pids = folder / "pids";
    auto run = [&]() -> task<> {
        co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
            group.spawn(finish_file(shown, steps, id, at(pids), nullptr));
            while (test::read_file(pids).find('\n') == std::string::npos)
                co_await tandem::sleep(1ms);
            group.cancel();
        });
    };
    tandem::block_on(run());
    std::istringstream all(test::read_file(pids));
    for (std::string pid; all >> pid;)
        while (test::runs(pid))
            std::this_thread::sleep_for(1ms);
    CHECK(shown.report().results.empty());
    CHECK(shown.report().failure.empty()); // nor is it the file's fault
}
