// Ctrl-C, once and twice, and what a silent run says.
#include "examples/get.hpp"
#include "http/file_server.hpp"

#include <csignal>
#include <thread>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::get;
using test::reply;
using test::scripted_server;
using test::texts;

namespace {

/// A run that Ctrl-C reaches while a file's step does not let itself be ended: it says in files when it has
/// begun, and when it was told to end.
class stubborn_run {
  public:
    explicit stubborn_run(texts options)
        : server_(test::echo_target())
        , program_(command(std::move(options)), {.folder = folder_.path().string()}) {
        wait_for("begun");
    }

    test::child_process& program() { return program_; }
    /// The first Ctrl-C, until it has had its effect.
    void interrupt() {
        program_.signal(SIGINT);
        wait_for("told");
    }

  private:
    texts command(texts options) const {
        options.insert(options.begin(), test::program("tandem-get"));
        // It ends with the folder.
        options.insert(options.end(), {"--then",
                                       "exec:trap 'touch told' TERM; touch begun; "
                                       "while [ -e begun ]; do sleep 0.01; done; :",
                                       server_.url("/a")});
        return options;
    }
    void wait_for(const std::string& file) const {
        while (!std::filesystem::exists(folder_ / file))
            std::this_thread::yield();
    }

    test::temp_folder folder_;
    scripted_server server_;
    test::child_process program_;
};

/// A file that stands still in the middle of its body, the first time it is asked for.
scripted_server::script standing_still_once(const test::served_file& file) {
    return [file](test::conversation& talk) {
        while (const auto request = talk.request()) {
            const auto answer = test::answer_to(*request, file);
            if (talk.number() > 0) {
                talk.send(answer);
                continue;
            }
            talk.send(std::string_view(answer).substr(0, answer.size() / 2));
            return talk.wait_for_close();
        }
    };
}

/// Interrupts tandem-get once a part of `/a` is there. Returns what it has said of that.
std::string said_when_interrupted(const scripted_server& server, const test::temp_folder& folder,
                                  texts options, int signal = SIGINT) {
    options.insert(options.begin(), test::program("tandem-get"));
    options.push_back(server.url("/a"));
    test::child_process program(std::move(options), {.folder = folder.path().string()});
    const auto part = folder / "a.part";
    while (!std::filesystem::exists(part) || std::filesystem::file_size(part) == 0)
        std::this_thread::yield();
    program.signal(signal);
    CHECK(program.wait() == 128 + signal);
    CHECK(program.output().empty());
    CHECK(test::files_below(folder.path()) == texts{"a.part", "a.part.tandem"});
    return program.errors();
}

std::string folder_of_programs() {
    return std::filesystem::path(test::program("tandem-get")).parent_path().string();
}

test::served_file large_file() {
    test::served_file file;
    file.body = test::content(3'000'000);
    return file;
}

} // namespace

TEST_CASE("the second Ctrl-C ends a run at once that the first could not end yet") {
    stubborn_run run({});
    run.interrupt();
    run.program().signal(SIGINT);
    CHECK(run.program().wait() == 130);
    CHECK(run.program().errors() == "");
}

TEST_CASE("the first Ctrl-C says how to go on, and that is how it goes on") {
    const auto file = large_file();
    scripted_server server(standing_still_once(file));
    test::temp_folder folder;
    const auto said = said_when_interrupted(server, folder, {"--header", "X-Many: some words"});
    CHECK_THAT(said, Catch::EndsWith("tandem-get: interrupted\n"));
    const std::string mark = "To go on where it has stopped: ";
    const auto begin = said.find(mark);
    REQUIRE(begin != said.npos);
    const auto line = said.substr(begin + mark.size(), said.find('\n', begin) - begin - mark.size());

    // What may be a secret is not in it.
    CHECK_THAT(line, Catch::StartsWith("tandem-get --skip-existing --header 'X-Many: ***' "));
    const auto again = test::run({"/bin/sh", "-c", line},
                                 {.environment = {"PATH=" + folder_of_programs() + ":/usr/bin:/bin"},
                                  .folder = folder.path().string()});
    INFO(again.errors);
    CHECK(again.status == 0);
    CHECK((test::read_file(folder / "a") == file.body));
    CHECK(test::files_below(folder.path()) == texts{"a"});
    REQUIRE(server.requests().size() == 2);
    CHECK_THAT(server.requests()[1], Contains("\r\nRange: bytes=") && Contains("\r\nIf-Range: \"one\"\r\n"));
}

TEST_CASE("a silent run says nothing when it is interrupted, unless errors are to be shown") {
    scripted_server server(standing_still_once(large_file()));
    test::temp_folder folder;
    const int signal = GENERATE(SIGINT, SIGTERM);
    SECTION("nothing") {
        CHECK(said_when_interrupted(server, folder, {"--silent"}, signal).empty());
    }
    SECTION("errors") {
        CHECK_THAT(said_when_interrupted(server, folder, {"-sS"}, signal),
                   Catch::StartsWith("To go on where it has stopped: ") && Contains("interrupted"));
    }
}

TEST_CASE("a silent run prints what was asked for, and nothing of how it went") {
    scripted_server server(test::answering([](const std::string& target) {
        return target == "/a" ? reply("body") : reply("", "", "404 Not Found");
    }));
    test::temp_folder folder;
    const auto printed = get(folder, {"--silent", "-o", "-", "-o", "b", server.url("/a"), server.url("/b")});
    CHECK(printed.output == "body");
    CHECK(printed.errors.empty());
    CHECK(printed.status == 8);
    const auto step = get(folder, {"-s", "--then", "exec:echo done", server.url("/a"), "no-url"});
    CHECK(step.output == "done a\n");
    CHECK(step.errors.empty());
    CHECK(step.status == 2);
    const auto shown = get(folder, {"-s", "-S", server.url("/b"), "no-url"});
    CHECK(shown.output.empty());
    CHECK_THAT(shown.errors, Contains(server.url("/b") + ": 404") && Contains("no-url: "));
    CHECK(shown.status == 1);
}
