// Each mode of tandem-get is what it says, and all come to the same files.
#include "common/sha256.hpp"
#include "examples/origin.hpp"
#include "support/process_tree.hpp"
#include "support/scripted_server.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <set>

using Catch::Matchers::Contains;
using names = std::vector<std::string>;

namespace {

const names modes = {"sequential", "threads", "processes", "coroutines", "hybrid"};

test::outcome get(const test::temp_folder& folder, names arguments) {
    arguments.insert(arguments.begin(), test::program("tandem-get"));
    return test::run(std::move(arguments), {.folder = folder.path().string()});
}

/// Answers nobody until it is let go; knows how many wait.
class gathering_server {
  public:
    gathering_server()
        : server_([this](test::conversation& talk) {
            while (talk.request()) {
                ++waiting_;
                waiting_.notify_all();
                is_free_.wait(false);
                talk.send(test::reply("content"));
            }
        }) {}
    ~gathering_server() { let_go(); }

    std::string url(const std::string& target) const { return server_.url(target); }
    void wait_for(int count) {
        for (int now = waiting_; now < count; now = waiting_)
            waiting_.wait(now);
    }
    int waiting() const { return waiting_; }
    int connections() const { return server_.connections(); }
    void let_go() { is_free_ = true, is_free_.notify_all(); }

  private:
    std::atomic<bool> is_free_{false};
    std::atomic<int> waiting_{0};
    test::scripted_server server_;
};

std::size_t threads_of(int pid) {
    const auto tasks = std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task");
    return static_cast<std::size_t>(std::distance(tasks, std::filesystem::directory_iterator()));
}

/// What a run of that mode, with four jobs, is made of while the server has as many requests as it gets.
struct anatomy {
    std::size_t threads;
    std::size_t children;
};

anatomy look_into(const std::string& mode, int at_once) {
    INFO(mode);
    gathering_server server;
    test::temp_folder folder;
    test::child_process run({test::program("tandem-get"), "--mode", mode, "--jobs", "4", "--output-dir",
                             "images", server.url("/file-[1-8]")},
                            {.folder = folder.path().string()});
    server.wait_for(at_once);
    const anatomy seen{threads_of(run.pid()), test::children_of(run.pid()).size()};
    CHECK(server.waiting() == at_once);
    server.let_go();
    CHECK(run.wait() == 0);
    CHECK(test::files_below(folder / "images").size() == 8);
    // Whoever stays keeps the connection; a worker process starts afresh with each file.
    CHECK(server.connections() == (mode == "processes" ? 8 : at_once));
    return seen;
}

} // namespace

TEST_CASE("each mode has the threads and processes that its name promises") {
    const auto one = look_into("sequential", 1);
    CHECK(one.children == 0);
    const auto coroutines = look_into("coroutines", 4);
    CHECK(coroutines.children == 0);
    CHECK(coroutines.threads == one.threads); // a loop, however many files
    const auto threads = look_into("threads", 4);
    CHECK(threads.children == 0);
    CHECK(threads.threads >= coroutines.threads + 4);
    const auto processes = look_into("processes", 4);
    CHECK(processes.children == 4);
    const auto hybrid = look_into("hybrid", 4);
    CHECK(hybrid.threads == coroutines.threads);
    CHECK(hybrid.children == 0); // no step, no worker
}

TEST_CASE(
    "a list is downloaded while it is still being written, in each mode that takes its items one by one") {
    for (const std::string mode : {"sequential", "threads", "coroutines", "hybrid"}) {
        INFO(mode);
        gathering_server server;
        server.let_go();
        test::temp_folder folder;
        test::child_process run(
            {test::program("tandem-get"), "--mode", mode, "--jobs", "3", "--input-file", "-"},
            {.input = true, .folder = folder.path().string()});
        run.write(server.url("/a") + "\n" + server.url("/b") +
                  "\n"); // what an item is the next line completes
        run.wait_for_errors("saved a");
        run.write(server.url("/c") + "\n" + server.url("/d") + "\n");
        run.wait_for_errors("saved c");
        run.close_input();
        CHECK(run.wait() == 0);
        CHECK(test::files_below(folder.path()) == names{"a", "b", "c", "d"});
    }
}

TEST_CASE("threads that wait for a list's next item end with an interrupt") {
    gathering_server server;
    server.let_go();
    test::temp_folder folder;
    test::child_process run(
        {test::program("tandem-get"), "--mode", "threads", "--jobs", "3", "--input-file", "-"},
        {.input = true, .folder = folder.path().string()});
    run.write(server.url("/a") + "\n" + server.url("/b") + "\n");
    run.wait_for_errors("saved a");
    run.signal(SIGINT);
    CHECK(run.wait() == 130);
}

TEST_CASE("every mode brings the same files, does the steps, and goes on where one fails") {
    test::origin server;
    std::set<std::string> results;
    for (const auto& mode : modes) {
        INFO(mode);
        test::temp_folder folder;
        const auto run =
            get(folder,
                {"--mode", mode, "--jobs", "3", "--output-dir", "images", "--then", "thumbnail:64", "--then",
                 "sha256", server.http + "/photo-[000-003].jpg", server.http + "/missing.jpg", "no-url"});
        INFO(run.errors);
        CHECK(run.status == 1);
        CHECK_THAT(run.errors, Contains(server.http + "/missing.jpg: 404") && Contains("no-url: not a URL") &&
                                   Contains("4 of 6 saved") && Contains("2 failed"));
        CHECK(test::files_below(folder / "images").size() == 8);
        std::istringstream lines(run.output);
        names digests;
        for (std::string line; std::getline(lines, line);)
            digests.push_back(line);
        REQUIRE(digests.size() == 4);
        std::sort(digests.begin(), digests.end());
        std::string all;
        for (const auto& line : digests) {
            CHECK(line == sha256(test::read_file(folder / line.substr(66))) + "  " + line.substr(66));
            all += line + '\n';
        }
        results.insert(all);
    }
    CHECK(results.size() == 1);
}

TEST_CASE("Ctrl-C ends every mode, with its workers, and leaves whole files alone") {
    for (const auto& mode : modes) {
        INFO(mode);
        gathering_server server;
        test::temp_folder folder;
        test::child_process run(
            {test::program("tandem-get"), "--mode", mode, "--jobs", "2", "--then", "sha256",
             server.url("/file-[1-4]")},
            {.environment = {"TERM=xterm"}, .terminal = true, .folder = folder.path().string()});
        server.wait_for(1);
        const auto children = test::children_of(run.pid());
        run.write("\x03");
        CHECK(run.wait() == 130);
        CHECK_THAT(run.output(), Contains("0 of ") && Contains("interrupted") && !Contains("died"));
        for (const auto& pid : children)
            CHECK_FALSE(test::runs(pid));
    }
}

TEST_CASE("a mode that there is not is wrong usage") {
    test::temp_folder folder;
    const auto run = get(folder, {"--mode", "magic", "http://127.0.0.1/"});
    CHECK(run.status == 2);
    CHECK_THAT(run.errors, Contains("magic") && Contains("hybrid"));
}
