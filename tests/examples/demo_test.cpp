// The demo in small: few photos, little latency.
#include "examples/origin.hpp"
#include "support/process_tree.hpp"

#include <chrono>
#include <csignal>
#include <thread>

using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

test::outcome demo(const test::temp_folder& folder, names arguments) {
    names words = {test::program("tandem-demo"), "--latency", "5"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return test::run(std::move(words), {.folder = folder.path().string()});
}

/// The columns after the mode's name in its row: wall, unit, speed-up, unit, files, bytes, connections.
names columns(const std::string& output, const std::string& mode) {
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("  " + mode + ' ', 0) != 0) continue;
        std::istringstream rest(line.substr(mode.size() + 2));
        names result;
        for (std::string word; rest >> word;)
            result.push_back(word);
        return result;
    }
    return {};
}

} // namespace

TEST_CASE("the demo runs every mode as what it says, and verifies every byte") {
    test::temp_folder folder;
    auto result = demo(folder, {"--files", "16"});
    INFO(result.output << result.errors);
    CHECK(result.status == 0);

    // A mode has as many connections as it has workers: each has one of its own, and keeps it.
    std::string bytes;
    for (auto& [mode, connections] :
         std::vector<std::pair<std::string, std::string>>{{"sequential", "1"},
                                                          {"8 threads from a queue", "8"},
                                                          {"4 processes", "4"},
                                                          {"8 coroutines", "8"},
                                                          {"32 coroutines", "16"},
                                                          {"96 coroutines", "16"}}) {
        auto row = columns(result.output, mode);
        INFO(mode);
        REQUIRE(row.size() == 7);
        // A thread that the machine holds up may find that the others have left it nothing.
        for (int i = 0; i < 20 && mode.ends_with("queue") && row[6] != connections; ++i) {
            test::temp_folder other;
            row = columns(demo(other, {"--files", "16", "--modes", "threads"}).output, mode);
            REQUIRE(row.size() == 7);
        }
        CHECK(row[4] == "16");
        CHECK(row[6] == connections);
        if (bytes.empty()) bytes = row[5];
        CHECK(row[5] == bytes);
    }
    CHECK(std::stol(bytes) > 16 * 200'000);
    for (std::string mode :
         {"process pool", "32 coroutines, then process pool", "hybrid: 32 coroutines and pool"}) {
        auto row = columns(result.output, mode);
        INFO(mode);
        REQUIRE(row.size() == 6);
        CHECK(row[4] == (mode == "process pool" ? "16" : "32"));
    }
    CHECK(test::files_below(folder.path()).size() == 32);
}

TEST_CASE("the demo fails when a byte is wrong, and names the file") {
    test::temp_folder folder;
    auto result = demo(folder, {"--files", "4", "--modes", "coroutines", "--corrupt", "2"});
    CHECK(result.status == 1);
    CHECK_THAT(result.errors, Contains("images/photo-002.jpg has the wrong content"));
    CHECK(columns(result.output, "8 coroutines").at(4) == "3");
}

TEST_CASE("the demo clears its own files from the folder, and nobody else's") {
    test::temp_folder folder;
    std::filesystem::create_directory(folder / "images");
    folder.write("images/mine.jpg", "mine");
    folder.write("images/photo-999.jpg", "of an earlier run");
    CHECK(demo(folder, {"--files", "2", "--modes", "sequential"}).status == 0);
    CHECK(test::files_below(folder / "images") == names{"mine.jpg", "photo-000.jpg", "photo-001.jpg"});
}

TEST_CASE("with URLs the demo downloads them, with thumbnails") {
    test::origin server;
    test::temp_folder folder;
    auto result = demo(folder, {server.http + "/photo-000.jpg"});
    INFO(result.errors);
    CHECK(result.status == 0);
    auto list = folder.write("urls.txt", server.http + "/photo-001.jpg\n");
    CHECK(demo(folder, {"--input-file", list}).status == 0);
    CHECK(test::files_below(folder / "images") ==
          names{"photo-000.jpg", "photo-000_thumbnail.jpg", "photo-001.jpg", "photo-001_thumbnail.jpg"});
}

TEST_CASE("Ctrl-C on a terminal ends the demo in any mode, with its workers and without partial files") {
    test::temp_folder folder;
    for (std::string mode : {"sequential", "threads", "processes", "coroutines", "hybrid"}) {
        int status = 0;
        std::string said;
        // Where the machine holds this thread up until all is done, once more.
        while (status == 0) {
            std::filesystem::remove_all(folder / "images");
            test::child_process child(
                {test::program("tandem-demo"), "--files", "24", "--latency", "700", "--modes", mode},
                {.terminal = true, .folder = folder.path().string()});
            child.wait_for_output(": 0 files"); // the progress line
            const auto runs = [&] { return test::runs(std::to_string(child.pid())); };
            while (test::files_below(folder / "images").empty() && runs())
                std::this_thread::sleep_for(5ms);
            try {
                child.write("\x03");
            } catch (const std::system_error&) { // it has ended
            }
            status = child.wait();
            said = child.output();
        }
        INFO(mode << '\n' << said);
        CHECK(status == 130);
        CHECK_THAT(said, Contains("interrupted") && !Contains("died"));
        for (auto& name : test::files_below(folder / "images")) {
            INFO(name);
            std::filesystem::remove(folder / ("images/" + name));
            CHECK(name.starts_with("photo-"));
            CHECK(name.ends_with(".jpg"));
        }
    }
}

TEST_CASE("nothing that the demo started outlives it, even when it is killed") {
    test::temp_folder folder;
    test::child_process child(
        {test::program("tandem-demo"), "--files", "24", "--latency", "700", "--modes", "processes"},
        {.folder = folder.path().string()});
    child.wait_for_output("downloads");
    names children;
    while ((children = test::children_of(child.pid())).size() < 5) { // the origin and four workers
        REQUIRE(test::runs(std::to_string(child.pid())));
        std::this_thread::sleep_for(5ms);
    }
    child.signal(SIGKILL);
    CHECK(child.wait() == 128 + SIGKILL); // it waits for whoever holds the demo's standard error, too
    for (auto& pid : children) {
        while (test::runs(pid))
            std::this_thread::sleep_for(5ms);
    }
}
