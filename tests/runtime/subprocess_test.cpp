#include <tandem/io/subprocess.hpp>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/for_each.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/threads/block_on.hpp>

#include <fcntl.h>
#include <fstream>
#include <numeric>
#include <sstream>
#include <sys/stat.h>
#include <system_error>

#include "support/children.hpp"
#include "support/nothing_left.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::command;
using tandem::exit_status;
using tandem::redirect;
using tandem::subprocess;
using tandem::task;
using test::nothing_left;
using test::shell;

namespace {

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Starts it with its output in a pipe and gives all of that, once it has ended well.
task<std::string> output_of(command what) {
    what.output(redirect::pipe());
    subprocess child(what);
    std::string text = co_await test::read_all(child.output());
    const exit_status how = co_await child.wait();
    CHECK(how.to_string() == "exit status 0");
    co_return text;
}

std::string output_now(command what) {
    return tandem::block_on(tandem::timeout(60s, output_of(std::move(what))));
}

exit_status status_of(command what) {
    return tandem::block_on([](command& run) -> task<exit_status> {
        subprocess child(run);
        co_return co_await child.wait();
    }(what));
}

/// The error of a command that cannot be started.
struct refusal {
    int code;
    std::string text;
};
refusal refusal_of(const command& what) {
    try {
        subprocess child(what);
    } catch (const std::system_error& error) {
        CHECK(error.code().category() == std::generic_category());
        return {error.code().value(), error.what()};
    }
    return {0, "started"};
}

/// A file that is removed with its folder.
std::string write_file(const test::temp_folder& folder, const std::string& name, const std::string& text,
                       mode_t mode) {
    const std::string path = (folder.path() / name).string();
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
}

} // namespace

TEST_CASE("the end of a child is told: its exit code, or the signal that ended it") {
    const nothing_left check;
    const exit_status good = status_of(command("true"));
    CHECK(good.success());
    CHECK(good.exited());
    CHECK(good.to_string() == "exit status 0");
    const exit_status bad = status_of(shell("exit 7"));
    CHECK_FALSE(bad.success());
    CHECK(bad.code() == 7);
    CHECK(bad.signal() == 0);
    CHECK(bad.to_string() == "exit status 7");
    const exit_status killed = status_of(shell("kill -KILL $$"));
    CHECK_FALSE(killed.success());
    CHECK_FALSE(killed.exited());
    CHECK(killed.signal() == SIGKILL);
    CHECK(killed.code() == 128 + SIGKILL);
    CHECK(killed.to_string() == "killed by signal 9 (Killed)");
    CHECK(status_of(shell("exit 137")).to_string() == "exit status 137");
}

TEST_CASE("what a child used is told with its end") {
    const exit_status how = status_of(shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
    CHECK(how.usage().user_time + how.usage().system_time > 0us);
    CHECK(how.usage().user_time < 60s);
    CHECK(how.usage().peak_memory > 100'000);
}

TEST_CASE("arguments arrive as they are, no shell reads them") {
    command print("printf", {"<%s>", "two words", "$HOME", "*", "", "it's", "\\n"});
    print.argument("last one").arguments({"--", "ü"});
    CHECK(output_now(print) == "<two words><$HOME><*><><it's><\\n><last one><--><ü>");
    CHECK(command("a b", "plain-1.0/x", "it's", "", "$x").to_string() ==
          R"('a b' plain-1.0/x 'it'\''s' '' '$x')");
    CHECK_THROWS_AS(subprocess(command("printf", std::string("a\0b", 3))), tandem::usage_error);
}

TEST_CASE("a child is written to and read from") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command sort("sort", "-n");
        sort.input(redirect::pipe()).output(redirect::pipe());
        subprocess child(sort);
        co_await child.input().write("10\n9\n");
        co_await child.input().write("8\n");
        co_await child.input().close_write();
        const std::string sorted = co_await test::read_all(child.output());
        CHECK(sorted == "8\n9\n10\n");
        const exit_status how = co_await child.wait();
        CHECK(how.success());
        CHECK_THROWS_AS(child.error_output(), tandem::usage_error);
        CHECK_THROWS_AS((void)child.output().write("x"), tandem::usage_error);
        char room[1];
        CHECK_THROWS_AS((void)child.input().read_some(room), tandem::usage_error);
    }());
}

TEST_CASE("output and error output are two streams, or one in the order of the writes") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command both = shell("echo one; echo two >&2; echo three");
        both.output(redirect::pipe()).error_output(redirect::pipe());
        subprocess apart(both);
        const std::string output = co_await test::read_all(apart.output());
        const std::string errors = co_await test::read_all(apart.error_output());
        CHECK(output == "one\nthree\n");
        CHECK(errors == "two\n");
        co_await apart.wait();
        both.error_output(redirect::to_output());
        subprocess merged(both);
        const std::string all = co_await test::read_all(merged.output());
        CHECK(all == "one\ntwo\nthree\n");
        co_await merged.wait();
    }());
    CHECK_THROWS_AS(subprocess(shell("").output(redirect::to_output())), tandem::usage_error);
    CHECK_THROWS_AS(subprocess(shell("").input(redirect::to_output())), tandem::usage_error);
}

TEST_CASE("standard streams lead to files, to descriptors, to nothing, or where ours lead") {
    const nothing_left check;
    const test::temp_folder folder;
    const std::string in = write_file(folder, "in", "from a file\n", 0644);
    const std::string out = (folder.path() / "out").string();
    command copy("cat");
    copy.input(redirect::file(in)).output(redirect::file(out));
    CHECK(status_of(copy).success());
    CHECK(content_of(out) == "from a file\n");
    CHECK(status_of(copy).success());
    CHECK(content_of(out) == "from a file\n"); // emptied before
    copy.output(redirect::append(out));
    CHECK(status_of(copy).success());
    CHECK(content_of(out) == "from a file\nfrom a file\n");

    const int descriptor = ::open(in.c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(output_now(command("cat").input(redirect::descriptor(descriptor))) == "from a file\n");
    CHECK(::close(descriptor) == 0); // it stayed ours

    CHECK(output_now(command("cat").input(redirect::null())).empty());
    CHECK(output_now(shell("readlink /proc/$$/fd/2").error_output(redirect::null())) == "/dev/null\n");
    CHECK(status_of(shell("for n in 0 1 2; do [ /proc/$$/fd/$n -ef /proc/$PPID/fd/$n ] || exit 1; done"))
              .success());

    const refusal lost = refusal_of(command("cat").input(redirect::file(out + "/none")));
    CHECK(lost.code == ENOTDIR);
    CHECK(lost.text == "cannot run 'cat' with '" + out + "/none': Not a directory");
    CHECK(refusal_of(command("cat").input(redirect::descriptor(1023))).code == EBADF);
}

TEST_CASE("a program is looked for in the PATH of its own environment") {
    const nothing_left check;
    const test::temp_folder folder;
    write_file(folder, "tandem-script", "#!/bin/sh\necho \"$0 $1\"\n", 0755);
    const std::string path = folder.path().string();
    command script("tandem-script", "argument");
    CHECK(refusal_of(script).code == ENOENT);
    script.set("PATH", "/nowhere:" + path + ":/bin");
    CHECK(output_now(script) == path + "/tandem-script argument\n");
    CHECK(refusal_of(script.set("PATH", "/nowhere:")).code == ENOENT);
    CHECK(output_now(script.directory(path)) ==
          "./tandem-script argument\n"); // an empty part is the directory
    CHECK(output_now(command("./tandem-script", "x").directory(path)) == "./tandem-script x\n");
    CHECK(output_now(command("echo", "found").unset("PATH")) == "found\n");
}

TEST_CASE("a child has our environment, with what was set and unset") {
    const nothing_left check;
    ::setenv("TANDEM_TEST_OURS", "ours", 1);
    const command print = shell("echo ${TANDEM_TEST_OURS-none} ${TANDEM_TEST_ITS-none}");
    CHECK(output_now(print) == "ours none\n");
    CHECK(output_now(command(print).set("TANDEM_TEST_ITS", "a=b c")) == "ours a=b c\n");
    CHECK(output_now(command(print).set("TANDEM_TEST_OURS", "")) == "none\n"); // empty, and yet set
    CHECK(output_now(command(print).unset("TANDEM_TEST_OURS")) == "none none\n");
    CHECK(output_now(command(print).unset("TANDEM_TEST_OURS").set("TANDEM_TEST_OURS", "x")) == "x none\n");
    CHECK(output_now(command("/usr/bin/env").clear_environment().set("ONLY", "this")) == "ONLY=this\n");
    CHECK(std::getenv("TANDEM_TEST_ITS") == nullptr);
    ::unsetenv("TANDEM_TEST_OURS");
    CHECK_THROWS_AS(command("x").set("A=B", "c"), tandem::usage_error);
    CHECK_THROWS_AS(command("x").unset(""), tandem::usage_error);
}

TEST_CASE("a child runs in the directory it was given") {
    const test::temp_folder folder;
    CHECK(output_now(command("pwd").arguments({"-P"}).directory(folder.path().string())) ==
          std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST_CASE("a program that cannot be started is an error that names it and the cause") {
    const nothing_left check;
    const test::temp_folder folder;
    const std::string plain = write_file(folder, "plain", "text", 0644);
    const std::string no_interpreter = write_file(folder, "script", "#!/no/such/interpreter\n", 0755);
    const std::string no_format = write_file(folder, "garbage", "\x01\x02\x03", 0755);

    refusal got = refusal_of(command("no-such-program-here"));
    CHECK(got.code == ENOENT);
    CHECK(got.text == "cannot run 'no-such-program-here': No such file or directory");
    got = refusal_of(command("/no/such/program"));
    CHECK(got.code == ENOENT);
    CHECK(got.text == "cannot run '/no/such/program': No such file or directory");
    got = refusal_of(command(plain));
    CHECK(got.code == EACCES);
    CHECK(got.text == "cannot run '" + plain + "': Permission denied");
    got = refusal_of(command("plain").set("PATH", folder.path().string() + ":/nowhere"));
    CHECK(got.code == EACCES);
    CHECK(refusal_of(command(folder.path().string())).code == EACCES);
    got = refusal_of(command(no_interpreter));
    CHECK(got.code == ENOENT);
    CHECK_THAT(got.text, Catch::Contains("interpreter"));
    CHECK(refusal_of(command(no_format)).code == ENOEXEC);
    CHECK(refusal_of(command("")).code == ENOENT);
    got = refusal_of(command("true").directory("/no/such/directory"));
    CHECK(got.code == ENOENT);
    CHECK(got.text == "cannot run 'true' in '/no/such/directory': No such file or directory");
    CHECK(refusal_of(command("true").directory(plain)).code == ENOTDIR);
    got = refusal_of(command("true", std::string(4 << 20, 'x')));
    CHECK(got.code == E2BIG);
}

TEST_CASE("a child has none of our descriptors, no blocked signal and no ignored one") {
    const test::temp_folder folder;
    const std::string path = write_file(folder, "open", "", 0644);
    const int leaky = ::open(path.c_str(), O_RDONLY); // without O_CLOEXEC
    sigset_t some, before;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &some, &before);
    const auto handler = ::signal(SIGHUP, SIG_IGN);
    CHECK(output_now(shell("ls /proc/$$/fd")) == "0\n1\n2\n");
    const std::string masks = output_now(command("grep", "-E", "SigBlk|SigIgn", "/proc/self/status"));
    constexpr std::uint64_t of_the_library = std::uint64_t{3} << 31; // 32 and 33, which are no program's
    std::istringstream lines(masks);
    std::string name;
    std::uint64_t mask = 0;
    for (int line = 0; line < 2; ++line) {
        lines >> name >> std::hex >> mask;
        INFO(name);
        CHECK((mask & ~of_the_library) == 0);
    }
    CHECK(name == "SigIgn:");
    ::signal(SIGHUP, handler);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::close(leaky);
}

TEST_CASE("signals reach a child, and none is sent once its end is known") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command script = shell("trap 'echo got it' USR1; echo ready; while :; do sleep 0.01; done");
        script.output(redirect::pipe());
        subprocess child(script);
        CHECK(test::exists(child.pid()));
        co_await test::read_until(child.output(), "ready");
        CHECK(child.signal(SIGUSR1));
        co_await test::read_until(child.output(), "got it");
        CHECK_FALSE(child.status());
        CHECK(child.terminate());
        const exit_status how = co_await child.wait();
        CHECK(how.signal() == SIGTERM);
        CHECK(child.status()->signal() == SIGTERM);
        CHECK_FALSE(child.signal(SIGUSR1));
        CHECK_FALSE(child.kill());
        CHECK_FALSE(test::exists(child.pid()));
    }());
}

TEST_CASE("several may wait for one child, and later calls tell the same") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command script = shell("read line; exit 3");
        script.input(redirect::pipe());
        subprocess child(script);
        int told = 0;
        auto wait = [&]() -> task<> {
            const exit_status how = co_await child.wait();
            CHECK(how.code() == 3);
            ++told;
        };
        auto body = [&](tandem::task_group& group) -> task<> {
            for (int i = 0; i < 5; ++i)
                group.spawn(wait());
            co_await tandem::yield();
            co_await child.input().write("\n");
        };
        co_await tandem::with_group(body);
        co_await wait();
        CHECK(told == 6);
    }());
}

TEST_CASE("a child that closes its input early makes the write fail, and raises no SIGPIPE") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        command script = shell("exec <&-; echo closed; read line; exit 4");
        script.input(redirect::pipe()).output(redirect::pipe());
        subprocess child(script);
        co_await test::read_until(child.output(), "closed");
        auto failed = co_await tandem::as_result(child.input().write("nobody reads this"));
        try {
            failed.value();
            FAIL("the write succeeded");
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::broken_pipe);
            CHECK_THAT(error.what(), Catch::Contains("the input of '/bin/sh'"));
        }
        const exit_status how = co_await child.wait();
        CHECK(how.code() == 4);
    }());
}

TEST_CASE("a child that floods its output waits for a slow reader: 64 MiB pass through one pipe's memory") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        constexpr std::size_t total = std::size_t{64} << 20, pipe = 64 << 10, one_write = 8 << 10;
        command flood("head", "-c", std::to_string(total), "/dev/zero");
        flood.output(redirect::pipe());
        subprocess child(flood);
        const std::string account = "/proc/" + std::to_string(child.pid()) + "/io";
        std::vector<char> room(256 << 10);
        std::size_t read = 0;
        for (int i = 0;; ++i) {
            const std::size_t count = co_await child.output().read_some(room);
            if (count == 0) break;
            read += count;
            if (i % 100) continue;
            co_await tandem::yield();
            std::ifstream file(account);
            std::string name;
            std::size_t written = 0, number = 0;
            while (file >> name >> number)
                if (name == "wchar:") written = number;
            CHECK(written <= read + pipe + one_write);
        }
        CHECK(read == total);
        const exit_status how = co_await child.wait();
        CHECK(how.success());
    }());
}

TEST_CASE("100 children at once: each says its number and ends with it") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        std::vector<int> numbers(100);
        std::iota(numbers.begin(), numbers.end(), 0);
        std::vector<std::unique_ptr<subprocess>> children;
        for (const int number : numbers) {
            command script = shell("read go; echo $1; exit $1", {std::to_string(number)});
            script.input(redirect::pipe()).output(redirect::pipe());
            children.push_back(std::make_unique<subprocess>(script));
        }
        int right = 0;
        auto one = [&](int number) -> task<> {
            subprocess& child = *children[static_cast<std::size_t>(number)];
            co_await child.input().write("go\n");
            const std::string said = co_await test::read_all(child.output());
            const exit_status how = co_await child.wait();
            if (said == std::to_string(number) + "\n" && how.code() == number) ++right;
        };
        co_await tandem::timeout(120s, tandem::for_each(numbers, tandem::at_most(100), one));
        CHECK(right == 100);
    }());
}

TEST_CASE("a dropped handle kills its child and reaps it, one that ignores SIGTERM too") {
    const nothing_left check;
    int pid = 0;
    tandem::block_on([](int& number) -> task<> {
        command script = shell("trap '' TERM; echo ready; sleep 1000");
        script.output(redirect::pipe()).own_group();
        subprocess child(script);
        number = child.pid();
        co_await test::read_until(child.output(), "ready");
    }(pid));
    CHECK_FALSE(test::exists(pid));
    // Outside of a loop too, and for one that has ended unseen.
    for (int i = 0; i < 10; ++i) {
        subprocess ends(command("true"));
        subprocess stays(command("sleep", "1000"));
        subprocess moved = std::move(stays);
        pid = moved.pid();
    }
    CHECK_FALSE(test::exists(pid));
}

TEST_CASE("a group of its own gets the signals, and the descendants in it go with the child") {
    const nothing_left check;
    tandem::block_on([]() -> task<> {
        // The child ends at SIGTERM, what it has started does not.
        command script = shell("(trap '' TERM; echo $(exec sh -c 'echo $PPID'); exec sleep 1000) & wait");
        script.output(redirect::pipe()).own_group();
        subprocess child(script);
        const std::string line = co_await test::read_until(child.output(), "\n");
        const int descendant = std::stoi(line);
        CHECK(::getpgid(child.pid()) == child.pid());
        CHECK(::getpgid(descendant) == child.pid());
        const exit_status how = co_await child.stop();
        CHECK(how.signal() == SIGTERM);
        // Its output ends when the last of the group has gone.
        const std::string rest = co_await tandem::timeout(60s, test::read_all(child.output()));
        CHECK(rest.empty());
    }());
}
