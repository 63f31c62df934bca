// What other programs read of a run: one JSON object on each line.
#include "support/child_process.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <sstream>

using Catch::Matchers::Contains;
namespace json = boost::json;

namespace {

/// The events of a run, by their kind.
std::map<std::string, std::vector<json::object>> events_in(const std::string& text) {
    std::map<std::string, std::vector<json::object>> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        auto event = json::parse(line).as_object();
        found[event.at("event").as_string().c_str()].push_back(std::move(event));
    }
    return found;
}

std::vector<std::string> keys_of(const json::object& object) {
    std::vector<std::string> keys;
    for (const auto& each : object)
        keys.emplace_back(each.key());
    return keys;
}

std::string text_in(const json::object& event, std::string_view key) {
    return std::string(std::string_view(event.at(key).as_string()));
}

test::scripted_server::script a_file_and_nothing_else() {
    return test::answering([](const std::string& target) {
        if (target == "/a.txt") return test::reply("content");
        return test::reply("", "", "404 Not \xff Found");
    });
}

} // namespace

TEST_CASE("as JSON, each file has a beginning and one end, and the run a summary") {
    test::scripted_server server(a_file_and_nothing_else());
    test::temp_folder folder;
    const auto run =
        test::run({test::program("tandem-get"), "--progress", "json", "--output-dir", "out", "--then",
                   "exec:echo hello; :", server.url("/a.txt"), server.url("/b.txt"), "no-url"},
                  {.folder = folder.path().string()});
    CHECK(run.output == "hello\n"); // of standard output the steps have it alone
    auto events = events_in(run.errors);

    REQUIRE(events["begin"].size() == 2);
    CHECK(keys_of(events["begin"][0]) == std::vector<std::string>{"event", "file", "url"});
    REQUIRE(events["step"].size() == 1);
    CHECK(text_in(events["step"][0], "step") == "exec:echo hello; :");

    REQUIRE(events["done"].size() == 1);
    const auto& done = events["done"][0];
    CHECK(keys_of(done) == std::vector<std::string>{"event", "file", "url", "path", "bytes", "received",
                                                    "resumed", "attempts", "status", "kept", "milliseconds"});
    CHECK(text_in(done, "url") == server.url("/a.txt"));
    CHECK(text_in(done, "path") == "out/a.txt");
    CHECK(done.at("bytes") == 7);
    CHECK(done.at("received") == 7);
    CHECK(done.at("kept") == false);

    REQUIRE(events["failed"].size() == 2);
    for (const auto& failed : events["failed"]) {
        CHECK(keys_of(failed) == std::vector<std::string>{"event", "file", "url", "error", "exit_code"});
        if (failed.at("file").is_null()) {
            CHECK(failed.at("url").is_null());
            CHECK_THAT(text_in(failed, "error"), Contains("no-url: "));
        } else {
            CHECK(text_in(failed, "url") == server.url("/b.txt"));
            // What is no UTF-8 would be no JSON.
            CHECK_THAT(text_in(failed, "error"), Contains("404 Not \ufffd Found"));
        }
    }

    REQUIRE(events["summary"].size() == 1);
    const auto& summary = events["summary"][0];
    CHECK(keys_of(summary) == std::vector<std::string>{"event", "files", "saved", "kept", "failed", "retries",
                                                       "received", "milliseconds", "bytes_per_second"});
    CHECK(summary.at("files") == 3);
    CHECK(summary.at("saved") == 1);
    CHECK(summary.at("failed") == 2);
    CHECK(summary.at("received") == 7);
}

TEST_CASE("as JSON, a file under way tells how far it is") {
    std::atomic<bool> was_seen{false};
    test::scripted_server server([&](test::conversation& talk) {
        talk.request();
        const auto whole = test::reply(std::string(100'000, 'x'));
        talk.send(whole.substr(0, 50'000));
        was_seen.wait(false);
        talk.send(whole.substr(50'000));
    });
    test::temp_folder folder;
    test::child_process run({test::program("tandem-get"), "--progress", "json", server.url("/a")},
                            {.folder = folder.path().string()});
    run.wait_for_errors("\"event\":\"progress\"");
    was_seen = true;
    was_seen.notify_all();
    CHECK(run.wait() == 0);
    auto events = events_in(run.errors());
    REQUIRE_FALSE(events["progress"].empty());
    const auto& first = events["progress"].front();
    CHECK(keys_of(first) == std::vector<std::string>{"event", "file", "bytes", "total", "attempts"});
    CHECK(first.at("file") == events["begin"].at(0).at("file"));
    CHECK(first.at("bytes").to_number<int>() < 50'000);
    CHECK(first.at("total") == 100'000);
    CHECK(first.at("attempts") == 1);
    CHECK(events["done"].at(0).at("bytes") == 100'000);
}

TEST_CASE("without progress there are the failures, and with --silent nothing") {
    test::scripted_server server(a_file_and_nothing_else());
    const auto get = [&](std::vector<std::string> options) {
        test::temp_folder folder;
        options.insert(options.begin(), test::program("tandem-get"));
        options.insert(options.end(), {server.url("/a.txt"), server.url("/b.txt")});
        return test::run(std::move(options), {.folder = folder.path().string()});
    };
    const auto none = get({"--progress", "none"});
    CHECK_THAT(none.errors, Catch::StartsWith(server.url("/b.txt") + ": 404") && !Contains("saved"));
    const auto silent = get({"--silent"});
    CHECK(silent.errors.empty());
    CHECK(silent.status == none.status);
    CHECK(get({"--silent", "--show-error"}).errors == none.errors);
    const auto wrong = get({"--progress", "dots"});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.errors, Contains("dots"));
}
