#include <catch2/catch.hpp>

#include <csignal>

#include "support/child_process.hpp"

using test::child_process;
using test::outcome;

namespace {

std::vector<std::string> command(std::string mode, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {test::program("run-modes"), std::move(mode)});
    return arguments;
}

outcome run_mode(std::string mode, std::vector<std::string> arguments = {}) {
    return test::run(command(std::move(mode), std::move(arguments)));
}

} // namespace

TEST_CASE("run makes async_main's parameters from the command line, a last vector from all that is left") {
    const auto full = run_mode("echo", {"some text", "-42", "2.5", "20", "30"});
    CHECK(full.status == 0);
    CHECK(full.output == "some text|-42|2.5|20|30\n");
    CHECK(full.errors.empty());
    CHECK(run_mode("echo", {"", "7", "1e3"}).output == "|7|1000\n");
}

TEST_CASE("run returns what async_main returns, 0 for void") {
    CHECK(run_mode("small", {"0"}).status == 0);
    CHECK(run_mode("small", {"23"}).status == 23);
    CHECK(run_mode("nothing").status == 0);
}

TEST_CASE("run takes a lambda, and keeps what it captured") {
    CHECK(run_mode("lambda", {"2"}).status == 7);
}

TEST_CASE("a command line that async_main cannot take is one line on stderr and exit status 2") {
    const auto check = [](const std::string& mode, std::vector<std::string> arguments,
                          const std::string& line) {
        INFO(line);
        const auto ended = run_mode(mode, std::move(arguments));
        CHECK(ended.status == 2);
        CHECK(ended.output.empty());
        CHECK(ended.errors == mode + ": " + line + "\n");
    };
    check("echo", {}, "argument 1 is missing");
    check("echo", {"text", "1"}, "argument 3 is missing");
    check("echo", {"text", "one", "1"}, "argument 2: 'one' is not a number of the kind wanted");
    check("echo", {"text", "1.5", "1"}, "argument 2: '1.5' is not a number of the kind wanted");
    check("echo", {"text", "1 ", "1"}, "argument 2: '1 ' is not a number of the kind wanted");
    check("echo", {"text", "", "1"}, "argument 2: '' is not a number of the kind wanted");
    check("echo", {"text", "99999999999", "1"},
          "argument 2: '99999999999' is not a number of the kind wanted");
    check("echo", {"text", "1", "1", "20", "101"}, "argument 5: '101' boils");
    check("small", {"256"}, "argument 1: '256' is not a number of the kind wanted");
    check("small", {"-1"}, "argument 1: '-1' is not a number of the kind wanted");
    check("small", {"1", "2"}, "surplus argument '2'");
    check("nothing", {"--help"}, "surplus argument '--help'");
}

TEST_CASE("an error of async_main is one line on stderr and exit status 1") {
    const auto known = run_mode("fail");
    CHECK(known.status == 1);
    CHECK(known.errors == "fail: the cause\n");
    const auto odd = run_mode("fail-oddly");
    CHECK(odd.status == 1);
    CHECK(odd.errors == "fail-oddly: int\n");
}

TEST_CASE("an async_main that is cancelled without a signal is an error, not an interruption") {
    const auto ended = run_mode("cancel-all");
    CHECK(ended.status == 1);
    CHECK(ended.errors == "cancel-all: cancelled, though no signal asked for it\n");
}

TEST_CASE("an error of a posted function is one line on stderr and exit status 1") {
    const auto ended = run_mode("post-error");
    CHECK(ended.status == 1);
    CHECK(ended.errors == "post-error: of the posted function\n");
}

TEST_CASE("SIGINT cancels what runs, and the exit status says so") {
    child_process program(command("wait"));
    program.wait_for_output("ready");
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    CHECK(program.errors() == "wait: interrupted\n");
}

TEST_CASE("SIGTERM does the same with a status of its own") {
    child_process program(command("wait"));
    program.wait_for_output("ready");
    program.signal(SIGTERM);
    CHECK(program.wait() == 143);
    CHECK(program.errors() == "wait: interrupted\n");
}

TEST_CASE("an interrupted program that still has a status to return returns that") {
    child_process program(command("sum-up"));
    program.wait_for_output("ready");
    program.signal(SIGINT);
    CHECK(program.wait() == 7);
    CHECK(program.output() == "ready\ninterrupted\n");
    CHECK(program.errors().empty());
}

TEST_CASE("clean-ups run to their end when a program is interrupted") {
    child_process program(command("clean-up"));
    program.wait_for_output("ready");
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    CHECK(program.output() == "ready\ncleaned up\n");
}

TEST_CASE("the second signal, of either kind, ends a program that is stuck") {
    for (const int first : {SIGINT, SIGTERM}) {
        for (const int second : {SIGINT, SIGTERM}) {
            child_process program(command("stuck"));
            program.wait_for_output("ready");
            program.signal(first);
            program.wait_for_output("signalled");
            program.signal(second);
            CHECK(program.wait() == 128 + second);
            // Killed, not cancelled; but it says what it was doing.
            CHECK_THAT(program.errors(), Catch::StartsWith("tasks of process ") && Catch::Contains("main ("));
            CHECK_THAT(program.errors(), !Catch::Contains("interrupted"));
        }
    }
}

TEST_CASE("a program that is to stop silently prints nothing of its own about signals") {
    child_process patient(command("clean-up-silently"));
    patient.wait_for_output("ready");
    patient.signal(SIGTERM);
    CHECK(patient.wait() == 143);
    CHECK(patient.output() == "ready\ncleaned up\n");
    CHECK(patient.errors().empty());

    child_process stuck(command("stuck-silently"));
    stuck.wait_for_output("ready");
    stuck.signal(SIGINT);
    stuck.wait_for_output("signalled");
    stuck.signal(SIGINT);
    CHECK(stuck.wait() == 130);
    CHECK(stuck.errors().empty());
}

TEST_CASE("SIGUSR1 has the tree of tasks written to stderr, as often as it comes, and the program goes on") {
    child_process program(command("wait"));
    program.wait_for_output("ready");
    for (int i = 0; i < 2; ++i) {
        const std::size_t before = program.errors().size();
        program.signal(SIGUSR1);
        program.wait_for_errors(i == 0 ? "run_modes.cpp:" : program.errors() + "tasks of process ");
        CHECK(program.errors().find("1 task, ", before) != std::string::npos);
    }
    program.signal(SIGINT);
    CHECK(program.wait() == 130);
    // The first signal may come before the task waits.
    CHECK_THAT(program.errors(), Catch::Contains("main (") &&
                                     (Catch::Contains(", waiting for ") || Catch::Contains(", running")));
}

TEST_CASE("SIGUSR1 works while the program is stuck in a step") {
    child_process program(command("stuck"));
    program.wait_for_output("ready");
    program.signal(SIGTERM);
    program.wait_for_output("signalled");
    program.signal(SIGUSR1);
    program.wait_for_errors("run_modes.cpp:");
    CHECK_THAT(program.errors(), Catch::Contains(", running"));
}

#ifndef __SANITIZE_THREAD__
// ThreadSanitizer loses a signal that comes as the program enters epoll_wait, as one from a terminal often
// does: a plain C program of a handler and an epoll_wait hangs under it 5 times in 300, and never without it.
TEST_CASE("Ctrl-C in a terminal reaches the program as SIGINT") {
    test::child_options options;
    options.terminal = true;
    child_process program(command("wait"), options);
    program.wait_for_output("ready");
    program.write("\x03");
    CHECK(program.wait() == 130);
}
#endif
