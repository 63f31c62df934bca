// The picture of a run, as a function of its state and of the room there is.
#include <catch2/catch.hpp>

#include "download/progress/frame.hpp"
#include "download/progress/screen.hpp"
#include "support/terminal_screen.hpp"

#include <cmath>

using namespace std::chrono_literals;
using tandem::http::download_progress;
using state = download_progress::state;
using lines = std::vector<std::string>;

namespace {

const tandem::time_point start{};
const frame_style ascii{charset::ascii, false};

download_progress receiving(std::uint64_t done, std::optional<std::uint64_t> total,
                            std::string_view path = "images/a.jpg") {
    return {state::receiving, {}, path, done, total, 1, {}};
}

tandem::http::downloaded whole(std::uint64_t bytes, std::string path = "images/a.jpg") {
    tandem::http::downloaded what(tandem::http::url("http://h/a.jpg"), tandem::http::file_path(path));
    what.bytes = what.received = bytes;
    return what;
}

/// A file of which half a megabyte a second has come, up to `bytes`.
file_id half_a_megabyte_a_second(run_state& run, std::string_view path, std::uint64_t bytes,
                                 std::optional<std::uint64_t> total) {
    const auto id = run.begin("http://h/" + std::string(path));
    run.progress(id, receiving(0, total, path));
    run.sample(start);
    run.progress(id, receiving(bytes, total, path));
    run.sample(start + std::chrono::microseconds(2 * bytes));
    return id;
}

} // namespace

TEST_CASE("a frame has a bar for each file under way, and the total") {
    run_state run(start);
    run.expect(4);
    run.done(run.begin("http://h/z.jpg"), whole(1'000'000));
    half_a_megabyte_a_second(run, "images/a.jpg", 500'000, 1'000'000);
    run.begin("http://h/b.jpg");

    CHECK(frame_lines(run, {24, 80}, ascii) ==
          lines{"a.jpg                   ==========..........  50 %   500 kB   500 kB/s     0:01",
                "http://h/b.jpg          asks",
                "1 of 4 saved            =======-............  37 %   1.5 MB   500 kB/s     0:05"});
}

TEST_CASE("bars are drawn in halves of a column where the terminal knows the characters") {
    run_state run(start);
    half_a_megabyte_a_second(run, "写真.jpg", 375'000, 1'000'000);
    const auto drawn = frame_lines(run, {24, 80}, {charset::utf8, false});
    CHECK(drawn[0] == "写真.jpg                ━━━━━━━╸────────────  37 %   375 kB   500 kB/s     0:01");
    CHECK(columns_of(drawn[0]) == 79);
}

TEST_CASE("colours change nothing but colours") {
    run_state run(start);
    half_a_megabyte_a_second(run, "a.jpg", 500'000, 1'000'000);
    run.failed();
    const auto plain = frame_lines(run, {24, 80}, ascii);
    const auto coloured = frame_lines(run, {24, 80}, {charset::ascii, true});
    REQUIRE(coloured.size() == plain.size());
    test::terminal_screen with(24, 80);
    for (const auto& line : coloured)
        with.feed(line + "\r\n");
    test::terminal_screen without(24, 80);
    for (const auto& line : plain)
        without.feed(line + "\r\n");
    CHECK(with.rows() == without.rows());
    CHECK(with.colours() > 0);
    CHECK(without.colours() == 0);
}

TEST_CASE("a frame says what a file does while no byte of it comes") {
    run_state run(start);
    const auto id = run.begin("http://h/a.jpg");
    const auto said = [&] {
        run_state copy = run; // the total is not what this is about
        return frame_lines(copy, {24, 80}, ascii).at(0).substr(24);
    };
    CHECK(said() == "asks");
    CHECK(run.progress(id, {state::waiting, {}, "a.jpg", 0, {}, 1, "503 Service\x1b[2J Unavailable"}));
    CHECK(said() == "waits: 503 Service\\x1b[2J Unavailable");
    CHECK_FALSE(run.progress(id, {state::waiting, {}, "a.jpg", 0, {}, 1, "503"})); // the same wait
    run.progress(id, {state::asking, {}, "a.jpg", 0, {}, 2, {}});
    CHECK(said() == "asks again (2)");
    run.progress(id, {state::checking, {}, "a.jpg", 100, 100, 2, {}});
    CHECK(said() == "checks");
    run.step(id, "thumbnail:128");
    CHECK(said() == "thumbnail:128");
    CHECK(run.retries() == 1);
}

TEST_CASE("a file of unknown length has no bar and no end") {
    run_state run(start);
    half_a_megabyte_a_second(run, "a.jpg", 500'000, std::nullopt);
    CHECK(frame_lines(run, {24, 80}, ascii).at(0) ==
          "a.jpg                                                500 kB   500 kB/s         ");
}

TEST_CASE("where there are more files than rows, the rest is counted") {
    run_state run(start);
    for (int i = 0; i < 10; ++i)
        run.begin("http://h/" + std::to_string(i));
    auto drawn = frame_lines(run, {6, 80}, ascii);
    REQUIRE(drawn.size() == 5); // a row stays free
    CHECK(drawn[2].starts_with("http://h/2 "));
    CHECK(drawn[3] == "7 more under way");
    CHECK(drawn[4].starts_with("0 of 10 saved"));

    CHECK(frame_lines(run, {1, 80}, ascii).size() == 1);
    CHECK(frame_lines(run, {2, 80}, ascii).size() == 1);
    CHECK(frame_lines(run, {12, 80}, ascii).size() == 11); // all of them and the total
    run.failed();
    drawn = frame_lines(run, {12, 80}, ascii);
    REQUIRE(drawn.size() == 11);
    CHECK(drawn[9] == "1 failed, 1 more under way");
}

TEST_CASE("a bar stays in its place when another file ends, and the next file takes that one's") {
    run_state run(start);
    const auto first = run.begin("http://h/first");
    run.begin("http://h/second");
    run.failed(first);
    CHECK(frame_lines(run, {24, 80}, ascii).at(0).starts_with("http://h/second"));
    run.begin("http://h/third");
    CHECK(frame_lines(run, {24, 80}, ascii).at(0).starts_with("http://h/third"));
    CHECK(frame_lines(run, {24, 80}, ascii).at(1).starts_with("http://h/second"));
}

TEST_CASE("no line of a frame reaches the last column, however narrow the terminal") {
    run_state run(start);
    run.expect(1'000'000);
    half_a_megabyte_a_second(run, "images/写真-a-long-name-that-goes-on.jpg", 500'000, 1'000'000);
    const auto waiting = run.begin("http://h/b.jpg");
    run.progress(waiting, {state::waiting, {}, "b.jpg", 0, {}, 1, "a cause that goes on for longer than a row"});
    run.failed();
    for (auto known : {charset::ascii, charset::utf8})
        for (int columns = 2; columns < 200; ++columns)
            for (const auto& line : frame_lines(run, {24, columns}, {known, false})) {
                INFO(columns << ": " << line);
                CHECK(static_cast<int>(columns_of(line)) < columns);
            }
}

TEST_CASE("what was there before does not count for the speed, and what is thrown away is not taken back") {
    run_state run(start);
    const auto id = run.begin("http://h/a");
    run.progress(id, receiving(700'000, 1'000'000)); // resumed
    run.sample(start);
    CHECK(run.received() == 0);
    run.progress(id, receiving(800'000, 1'000'000));
    CHECK(run.received() == 100'000);
    run.sample(start + 1s);
    CHECK(run.speed() == Approx(100'000));
    run.progress(id, {state::asking, {}, "a", 0, {}, 2, {}}); // begins anew
    run.progress(id, receiving(0, 1'000'000));
    run.progress(id, receiving(50'000, 1'000'000));
    CHECK(run.received() == 150'000);
    auto end = whole(1'000'000);
    end.received = 1'100'000;
    run.done(id, end);
    CHECK(run.received() == 1'100'000);
}

TEST_CASE("the speed follows what comes, and forgets what was, within seconds") {
    speed_meter meter;
    meter.sample(1000, start);
    CHECK(meter.per_second() == 0);
    for (int i = 1; i <= 20; ++i)
        meter.sample(1000 + static_cast<std::uint64_t>(i) * 100, start + i * 100ms);
    CHECK(meter.per_second() == Approx(1000)); // right from the beginning
    for (int i = 21; i <= 50; ++i)
        meter.sample(3000, start + i * 100ms);
    // Three seconds of nothing: e^-1 of what there was, by the weights of 5 seconds.
    CHECK(meter.per_second() ==
          Approx(1000 * (std::exp(-1.0) - std::exp(-5.0 / 3)) / (1 - std::exp(-5.0 / 3))));
    meter.sample(3000, start + 5s); // no time has passed
    CHECK(meter.per_second() < 400);
}

TEST_CASE("the summary says what there is to say") {
    run_state run(start);
    CHECK(summary_line(run, 0s) == "0 of 0 saved, 0 B in 0.00 s");
    run.done(run.begin("http://h/a"), whole(1'000'000));
    CHECK(summary_line(run, 2s) == "1 of 1 saved, 1.0 MB in 2.00 s, 500 kB/s");
    auto kept = whole(5'000'000);
    kept.received = 0;
    kept.was_kept = true;
    run.done(run.begin("http://h/b"), kept);
    const auto id = run.begin("http://h/c");
    run.progress(id, {state::waiting, {}, "c", 0, {}, 1, "503"});
    run.failed(id);
    run.expect(7);
    CHECK(summary_line(run, 2s) == "2 of 7 saved, 1.0 MB in 2.00 s, 500 kB/s, 1 kept, 1 retry, 1 failed");
}

TEST_CASE("a block is drawn over the one before, and messages scroll off above it") {
    test::terminal_screen screen(5, 40);
    screen.feed("$ tandem-get\r\n");
    screen.feed(repaint({}, {"a 10 %", "total"}));
    CHECK(screen.rows() == lines{"$ tandem-get", "a 10 %", "total"});
    screen.feed(repaint({"b failed"}, {"a 9 %", "c", "total"}));
    CHECK(screen.rows() == lines{"$ tandem-get", "b failed", "a 9 %", "c", "total"});
    screen.feed(repaint({"d failed"}, {"total"}));
    CHECK(screen.rows() == lines{"$ tandem-get", "b failed", "d failed", "total"});
    screen.feed(repaint({std::string(50, 'x')}, {"a", "b", "c", "total"}));
    CHECK(screen.rows() == lines{std::string(10, 'x'), "a", "b", "c", "total"});
    CHECK(screen.shows_cursor());
    CHECK(screen.frames() == 4);
    screen.feed("\r\x1b[J"); // what a program leaves
    CHECK(screen.all_rows() ==
          lines{"$ tandem-get", "b failed", "d failed", std::string(40, 'x'), std::string(10, 'x')});
}

TEST_CASE("a block leaves nothing behind in a terminal that becomes narrower or lower") {
    test::terminal_screen screen(10, 40);
    screen.feed("$ tandem-get\r\n");
    const std::string long_line(39, '=');
    screen.feed(repaint({}, {long_line, long_line, long_line}));
    screen.resize(10, 15); // each line of the block now takes three rows
    screen.feed(repaint({}, {"a", "b", "total"}));
    CHECK(screen.rows() == lines{"$ tandem-get", "a", "b", "total"});
    screen.resize(3, 15);
    screen.feed(repaint({"a failed"}, {"b", "total"}));
    CHECK(screen.all_rows() == lines{"$ tandem-get", "a failed", "b", "total"});
    screen.resize(10, 60);
    screen.feed(repaint({}, {long_line, long_line}));
    CHECK(screen.all_rows() == lines{"$ tandem-get", "a failed", long_line, long_line});
}
