#include <tandem/io/run_process.hpp>

#include <tandem/base/error.hpp>
#include <tandem/coro/as_result.hpp>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/loop.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/block_on.hpp>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <system_error>

#include "support/children.hpp"
#include "support/nothing_left.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::command;
using tandem::process_limits;
using tandem::process_result;
using tandem::redirect;
using tandem::run_process;
using tandem::task;
using test::nothing_left;
using test::shell;

namespace {

process_result run_now(command what, std::string input = {}, process_limits limits = {}) {
    return tandem::block_on(tandem::timeout(120s, run_process(std::move(what), std::move(input), limits)));
}

/// Ends a process that is not a child of this one, and waits for that.
void end_stranger(int pid) {
    ::kill(pid, SIGKILL);
}

} // namespace

TEST_CASE("a command runs to its end, and what it wrote is given") {
    const nothing_left check;
    const process_result both = run_now(shell("echo out; echo err >&2"));
    CHECK(both.output == "out\n");
    CHECK(both.error_output == "err\n");
    CHECK(both.status.success());
    CHECK_FALSE(both.was_cut_off);
    CHECK(run_now(command("true")).output.empty());
}

TEST_CASE("input is written to the child and closed while its output is read: no pipe is too small") {
    const nothing_left check;
    std::string large(5 << 20, 'x');
    for (std::size_t i = 0; i < large.size(); i += 1000)
        large[i] = '\n';
    CHECK(run_now(command("cat"), large).output == large);
    // Both ways, and the error output full as well.
    const process_result all = run_now(command("tee", "/dev/stderr"), large);
    CHECK(all.output == large);
    CHECK(all.error_output == large);
}

TEST_CASE("without input, the child's is empty") {
    CHECK(run_now(command("cat")).output.empty());
    CHECK(run_now(shell("readlink /proc/$$/fd/0")).output == "/dev/null\n");
}

TEST_CASE("a child that ends, or closes its input, before it has read all of it is no error") {
    const nothing_left check;
    const std::string large(1 << 20, 'x');
    CHECK(run_now(command("true"), large).status.success());
    CHECK(run_now(shell("exec <&-; echo done"), large).output == "done\n");
    CHECK(run_now(command("head", "-c", "3"), large).output == "xxx");
}

TEST_CASE(
    "another exit status than 0 is an error with the command, the status and the last lines of stderr") {
    const nothing_left check;
    try {
        run_now(shell("echo out; for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3"));
        FAIL("it did not fail");
    } catch (const tandem::process_failed& error) {
        CHECK(std::string(error.what()) ==
              "/bin/sh -c 'echo out; for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3' script: "
              "exit status 3\n    line 3\n    line 4\n    line 5\n    line 6\n    line 7");
        CHECK(error.status().code() == 3);
        CHECK(error.result().output == "out\n");
        CHECK_THAT(error.result().error_output, Catch::StartsWith("line 1\n"));
    }
    try {
        run_now(command("sh", "-c", "kill -KILL $$"));
        FAIL("it did not fail");
    } catch (const tandem::process_failed& error) {
        CHECK(std::string(error.what()) == "sh -c 'kill -KILL $$': killed by signal 9 (Killed)");
    }
    const process_result looked_at = run_now(shell("exit 3"), {}, process_limits().check(false));
    CHECK(looked_at.status.code() == 3);
    try {
        run_now(shell("echo only one line >&2; exit 1"));
        FAIL("it did not fail");
    } catch (const tandem::process_failed& error) {
        CHECK_THAT(error.what(), Catch::EndsWith("exit status 1\n    only one line"));
    }
}

TEST_CASE("a command that cannot be started is the error that subprocess has") {
    const nothing_left check;
    CHECK_THROWS_AS(run_now(command("no-such-program-here")), std::system_error);
    CHECK_THROWS_WITH(run_now(command("no-such-program-here")),
                      "cannot run 'no-such-program-here': No such file or directory");
}

TEST_CASE("a child that floods its output is ended at the limit, with no more kept than that") {
    const nothing_left check;
    const command flood("head", "-c", std::to_string(64 << 20), "/dev/zero");
    CHECK_THROWS_AS(run_now(flood, {}, process_limits().output(1 << 20)), tandem::output_limit_exceeded);
    CHECK_THROWS_WITH(run_now(flood, {}, process_limits().output(1000)),
                      "'head' wrote more than 1000 bytes of output");
    CHECK_THROWS_WITH(run_now(shell("cat /dev/zero >&2"), {}, process_limits().output(1000)),
                      "'/bin/sh' wrote more than 1000 bytes of error output");
    // Exactly the limit is not more than it.
    CHECK(run_now(flood, {}, process_limits().output(64 << 20)).output.size() == 64 << 20);
}

TEST_CASE("one that floods its output and ignores SIGTERM is killed at the limit") {
    const nothing_left check;
    command stubborn = shell("trap '' TERM PIPE; while :; do cat /dev/zero; done");
    stubborn.grace(20ms);
    CHECK_THROWS_AS(run_now(stubborn.own_group(), {}, process_limits().output(1000)),
                    tandem::output_limit_exceeded);
}

TEST_CASE("descendants that hold the pipes open do not hold up the result") {
    const nothing_left check;
    const process_result cut =
        run_now(shell("sleep 1000 & echo $!; echo said >&2"), {}, process_limits().drain(50ms));
    end_stranger(std::stoi(cut.output));
    CHECK(cut.was_cut_off);
    CHECK(cut.error_output == "said\n");
    CHECK(cut.status.success());
}

TEST_CASE("what a child left in its pipes is read after its end") {
    const nothing_left check;
    // All of it fits into the pipe, so the child can be over before the first byte is read.
    for (int i = 0; i < 20; ++i) {
        const process_result full = run_now(command("head", "-c", "65536", "/dev/zero"));
        CHECK(full.output.size() == 65536);
        CHECK_FALSE(full.was_cut_off);
    }
    // A descendant that ends in time is heard to its end.
    const process_result heard =
        run_now(shell("(sleep 0.05; echo late) & echo early"), {}, process_limits().drain(60s));
    CHECK(heard.output == "early\nlate\n");
    CHECK_FALSE(heard.was_cut_off);
}

TEST_CASE("streams that the command redirects itself are left to it") {
    const nothing_left check;
    const test::temp_folder folder;
    const std::string path = (folder.path() / "out").string();
    command what = shell("echo out; echo err >&2");
    const process_result left = run_now(command(what).output(redirect::file(path)));
    CHECK(left.output.empty());
    CHECK(left.error_output == "err\n");
    CHECK(std::filesystem::file_size(path) == 4);
    CHECK(run_now(command(what).error_output(redirect::to_output())).output == "out\nerr\n");
    CHECK(run_now(command(what).error_output(redirect::null())).error_output.empty());
    CHECK(run_now(command("cat").input(redirect::file(path))).output == "out\n");
    CHECK_THROWS_AS(run_now(command("cat").input(redirect::null()), "text"), tandem::usage_error);
}

TEST_CASE("a time-out ends what runs") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        auto outcome =
            co_await tandem::as_result(tandem::timeout(50ms, run_process(command("sleep", "1000"))));
        CHECK_THROWS_AS(outcome.value(), tandem::timed_out);
    }());
}

TEST_CASE("100 commands run at once, each with its own input and output") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        std::vector<int> numbers(100);
        std::iota(numbers.begin(), numbers.end(), 0);
        int right = 0;
        auto one = [&](int number) -> task<> {
            const std::string text = std::to_string(number) + "\n";
            const process_result echoed = co_await run_process(command("cat"), text);
            if (echoed.output == text) ++right;
        };
        co_await tandem::timeout(120s, tandem::for_each(numbers, tandem::at_most(100), one));
        CHECK(right == 100);
    }());
}
