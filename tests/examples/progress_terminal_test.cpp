// tandem-get's progress as somebody sees it on a terminal, and as a program reads it from a pipe.
#include "support/child_process.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"
#include "support/terminal_screen.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

using Catch::Matchers::Contains;
using lines = std::vector<std::string>;

namespace {

/// Sends half of each file, the rest when it is let go. `/missing…` is a 404.
class halting_server {
  public:
    halting_server()
        : server_([this](test::conversation& talk) { serve(talk); }) {}
    ~halting_server() { let_go(); }

    std::string url(const std::string& target) const { return server_.url(target); }
    void let_go() { is_free_ = true, is_free_.notify_all(); }

    static constexpr std::size_t size = 200'000;

  private:
    void serve(test::conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request).starts_with("/missing")) {
                talk.send(test::reply("", "", "404 Not \x1b]0;mine\x07 Found"));
                continue;
            }
            const auto whole = test::reply(std::string(size, 'x'));
            const auto middle = whole.size() - size / 2;
            talk.send(whole.substr(0, middle));
            is_free_.wait(false);
            talk.send(whole.substr(middle));
        }
    }

    std::atomic<bool> is_free_{false};
    test::scripted_server server_;
};

/// A run of tandem-get on a terminal, and what is to be seen there.
class terminal_run {
  public:
    terminal_run(lines arguments, int rows, int columns, lines environment = {})
        : screen_(rows, columns)
        , child_(command(std::move(arguments)), options(rows, columns, std::move(environment))) {}

    /// Reads until the screen has a row that contains each of these, in this order.
    void wait_for(const lines& wanted) {
        child_.wait_until([&](const std::string&) {
            update();
            std::size_t found = 0;
            for (const auto& row : screen_.rows())
                if (found < wanted.size() && row.find(wanted[found]) != row.npos) ++found;
            return found == wanted.size();
        });
    }
    void resize(int rows, int columns) {
        update();
        screen_.resize(rows, columns);
        child_.resize(rows, columns);
    }
    int wait() {
        const int status = child_.wait();
        update();
        return status;
    }

    test::terminal_screen& screen() { return screen_; }
    test::child_process& child() { return child_; }
    const test::temp_folder& folder() const { return folder_; }

  private:
    static lines command(lines arguments) {
        arguments.insert(arguments.begin(), {test::program("tandem-get"), "--output-dir", "images"});
        return arguments;
    }
    test::child_options options(int rows, int columns, lines environment) const {
        environment.insert(environment.end(), {"TERM=xterm", "LC_ALL=C.UTF-8"}); // the first of a name counts
        return {.environment = std::move(environment),
                .terminal = true,
                .rows = rows,
                .columns = columns,
                .folder = folder_.path().string()};
    }
    void update() {
        screen_.feed(std::string_view(child_.output()).substr(seen_));
        seen_ = child_.output().size();
    }

    test::temp_folder folder_;
    test::terminal_screen screen_;
    test::child_process child_;
    std::size_t seen_ = 0;
};

} // namespace

TEST_CASE("a terminal shows a bar for each file and one for all, and in the end the summary alone") {
    halting_server server;
    terminal_run run({server.url("/a.jpg"), server.url("/b.jpg")}, 24, 80);
    run.wait_for({"a.jpg", "b.jpg", "0 of 2 saved"});
    CHECK(run.screen().rows().size() == 3);
    CHECK(run.screen().cursor_row() == 0);
    server.let_go();
    CHECK(run.wait() == 0);
    const auto left = run.screen().all_rows();
    REQUIRE(left.size() == 1);
    CHECK_THAT(left[0], Catch::StartsWith("2 of 2 saved, 400 kB in ") && Catch::EndsWith("B/s"));
    CHECK(run.screen().shows_cursor());
    CHECK(run.screen().cursor_row() == 1);
    CHECK(run.screen().cursor_column() == 0);
}

TEST_CASE("the total counts what has not begun, too, until there is nothing more to begin") {
    halting_server server;
    const test::temp_folder folder;
    const auto list = folder.write("list", server.url("/a.jpg") + '\n' + server.url("/b.jpg") + '\n' +
                                               server.url("/a.jpg"));
    terminal_run run({"--jobs", "1", "--input-file", list, server.url("/[1-10].jpg")}, 24, 80);
    run.wait_for({"1.jpg", "0 of 13 saved"});
    server.let_go();
    CHECK(run.wait() == 0);
    CHECK_THAT(run.screen().all_rows().at(0), Catch::StartsWith("12 of 12 saved"));
}

TEST_CASE("failures scroll off above the bars, and nothing in them reaches the terminal but text") {
    halting_server server;
    terminal_run run({server.url("/a.jpg"), server.url("/missing.jpg"), server.url("/%E2%80%AEgpj.exe")}, 24,
                     120);
    run.wait_for({"/missing.jpg: ", "a.jpg", "1 failed", "0 of 3 saved"});
    const auto rows = run.screen().rows();
    CHECK_THAT(rows[0], Contains("404"));
    server.let_go();
    CHECK(run.wait() == 8);
    CHECK(run.screen().all_rows().size() == 2);
    CHECK_THAT(run.child().output(), !Contains("\x1b]") && !Contains("\u202e"));
}

TEST_CASE("there are as many bars as the terminal is high, also when its size changes") {
    halting_server server;
    lines links;
    for (int i = 0; i < 10; ++i)
        links.push_back(server.url("/file-" + std::to_string(i)));
    terminal_run run(links, 6, 80);
    run.wait_for({"7 more under way", "0 of 10 saved"});
    CHECK(run.screen().rows().size() == 5);
    run.resize(24, 60);
    run.wait_for({"file-9", "0 of 10 saved"});
    CHECK(run.screen().rows().size() == 11);
    for (const auto& row : run.screen().rows())
        CHECK(row.size() < 60 * 3); // in bytes
    run.resize(8, 50);
    run.wait_for({"5 more under way", "0 of 10 saved"});
    CHECK(run.screen().rows().size() == 7);
    server.let_go();
    CHECK(run.wait() == 0);
    CHECK(run.screen().all_rows().size() == 1);
}

TEST_CASE("a terminal gets at most ten frames a second, whatever happens") {
    // Many small files, and a large one in many small pieces.
    test::scripted_server server([](test::conversation& talk) {
        while (auto request = talk.request()) {
            if (test::target_of(*request) == "/large")
                talk.send_in_pieces(test::reply(std::string(500'000, 'x')), 100);
            else
                talk.send(test::reply("small"));
        }
    });
    const auto start = std::chrono::steady_clock::now();
    terminal_run run({server.url("/large"), server.url("/small-[1-2000]")}, 24, 80);
    CHECK(run.wait() == 0);
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(run.screen().frames() <= static_cast<int>(took * 10) + 1);
    CHECK_THAT(run.screen().all_rows().at(0), Contains("2001 of 2001 saved"));
}

TEST_CASE("colours are left out where NO_COLOR says so") {
    for (const bool has_colours : {true, false}) {
        halting_server server;
        terminal_run run({server.url("/a.jpg")}, 24, 80, has_colours ? lines{} : lines{"NO_COLOR=1"});
        run.wait_for({"a.jpg", "0 of 1 saved"});
        server.let_go();
        CHECK(run.wait() == 0);
        CHECK((run.screen().colours() > 0) == has_colours);
        CHECK(run.screen().frames() > 0);
    }
}

TEST_CASE("a terminal that cannot move its cursor gets lines, and so does a pipe") {
    halting_server server;
    server.let_go();
    SECTION("a dumb terminal") {
        terminal_run run({server.url("/a.jpg")}, 24, 80, {"TERM=dumb"});
        CHECK(run.wait() == 0);
        CHECK(run.screen().frames() == 0);
        REQUIRE(run.screen().all_rows().size() == 2);
        CHECK_THAT(run.screen().all_rows()[0], Catch::StartsWith("saved images/a.jpg (200 kB in "));
    }
    SECTION("a pipe") {
        test::temp_folder folder;
        const auto run =
            test::run({test::program("tandem-get"), "--output-dir", "images", server.url("/a.jpg"),
                       server.url("/missing"), server.url("/%E2%80%AEgpj.exe")},
                      {.environment = {"TERM=xterm", "LC_ALL=C.UTF-8"}, .folder = folder.path().string()});
        CHECK(run.status == 8);
        CHECK_THAT(run.errors, Contains("saved images/a.jpg (200 kB in ") &&
                                   Contains(server.url("/missing") + ": ") && Contains("\n2 of 3 saved"));
        CHECK(run.errors.find('\x1b') == run.errors.npos);
        CHECK_THAT(run.errors, !Contains("\u202e") && Contains("\\xe2\\x80\\xaegpj.exe"));
        CHECK(run.output.empty());
    }
}

TEST_CASE("Ctrl-C leaves the terminal as it was, with the summary") {
    halting_server server;
    terminal_run run({server.url("/a.jpg"), server.url("/b.jpg")}, 24, 80);
    run.wait_for({"b.jpg", "0 of 2 saved"});
    run.child().write("\x03");
    CHECK(run.wait() == 130);
    const auto left = run.screen().all_rows();
    REQUIRE(!left.empty());
    CHECK_THAT(left[0], Contains("0 of 2 saved, "));
    CHECK(run.screen().shows_cursor());
    REQUIRE(left.size() > 1);
    CHECK_THAT(left[1], Contains("To go on where it has stopped: "));
    for (const auto& row : left) // no bar, which begins with its name
        CHECK_FALSE(row.starts_with("a.jpg"));
}
