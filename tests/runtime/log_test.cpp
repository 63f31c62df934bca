// The log: who gets which record, and how it looks.
#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

#include <cstdlib>
#include <ctime>
#include <regex>
#include <sstream>
#include <thread>
#include <unistd.h>

#include "support/child_process.hpp"
#include "support/log_capture.hpp"
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/coro/timeout.hpp>
#include <tandem/pool/process_pool.hpp>
#include <tandem/testing/virtual_time.hpp>
#include <tandem/threads/block_on.hpp>

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;
using tandem::log;
using tandem::log_level;
using tandem::log_record;
using tandem::task;
using test::log_capture;

namespace {

void forget(const log_record&) noexcept {}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        all.push_back(line);
    return all;
}

boost::json::object parsed(const log_record& record) {
    const std::string line = tandem::to_json_line(record);
    REQUIRE(line.find('\n') == line.size() - 1);
    return boost::json::parse(line.substr(0, line.size() - 1)).as_object();
}

test::outcome run_logger(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), test::program("logger"));
    test::child_options options;
    options.environment = std::move(environment);
    return test::run(std::move(arguments), options);
}

task<> log_here(std::string text) {
    co_await tandem::yield();
    log(log_level::info, text);
}

} // namespace

TEST_CASE("records that pass the threshold go to the sink that was set, and the one before comes back") {
    log_capture log_of(log_level::info);
    log(log_level::warning, "careful");
    log(log_level::debug, "too much");
    log(log_level::info, std::string("by the way"));
    log(log_record(log_level::error, "lost").job("7").worker(4711));
    const auto records = log_of.records();
    REQUIRE(records.size() == 3);
    CHECK(records[0].level == log_level::warning);
    CHECK(records[0].text == "careful");
    CHECK(records[0].worker == 0);
    CHECK(records[1].text == "by the way");
    CHECK(records[2].job == "7");
    CHECK(records[2].worker == 4711);

    const auto before = tandem::set_log_sink(&forget);
    CHECK(tandem::set_log_sink(before) == &forget);
}

TEST_CASE("a null sink stands for the one that writes to stderr") {
    const auto before = tandem::set_log_sink(nullptr);
    CHECK(tandem::set_log_sink(&forget) == &tandem::text_log_sink);
    CHECK(tandem::set_log_sink(before) == &forget);
}

TEST_CASE("a threshold of off lets nothing pass") {
    log_capture log_of(log_level::off);
    log(log_level::error, "the end");
    CHECK(log_of.records().empty());
    CHECK_FALSE(tandem::log_enabled(log_level::error));
    CHECK(tandem::set_log_level(log_level::debug) == log_level::off);
    CHECK(tandem::log_enabled(log_level::debug));
}

TEST_CASE("a text that is given by a callable is built only where its level passes") {
    log_capture log_of(log_level::info);
    int built = 0;
    const auto build = [&] { return "number " + std::to_string(++built); };
    log(log_level::debug, build);
    CHECK(built == 0);
    log(log_level::info, build);
    CHECK(built == 1);
    CHECK(log_of.texts() == std::vector<std::string>{"number 1"});
}

TEST_CASE("an error while a text is built is logged in its place") {
    log_capture log_of;
    log(log_level::warning, []() -> std::string { throw std::runtime_error("no such name"); });
    log(log_level::warning, []() -> std::string { throw 5; });
    const auto texts = log_of.texts();
    REQUIRE(texts.size() == 2);
    CHECK(texts[0] == "no such name");
    CHECK(texts[1] == "a text for the log could not be built");
}

TEST_CASE("a record names the task that logs, or the nearest one around it that has a name") {
    log_capture log_of(log_level::info);
    auto main = []() -> task<> {
        log(log_level::info, "nobody");
        auto body = [](tandem::task_group& group) -> task<> {
            group.spawn(log_here("itself"), "itself");
            auto nested = []() -> task<> {
                auto inner = [](tandem::task_group& below) -> task<> {
                    below.spawn(log_here("below"));
                    co_await tandem::timeout(1h, log_here("deeper"));
                };
                co_await tandem::with_group(inner);
            };
            group.spawn(nested(), "above");
            co_return;
        };
        co_await tandem::with_group(body);
    };
    tandem::testing::run_virtual(main());
    log(log_level::info, "outside");
    int seen = 0;
    for (const auto& record : log_of.records()) {
        INFO(record.text);
        const bool is_inside = record.text == "below" || record.text == "deeper";
        CHECK(record.task == (is_inside ? "above" : record.text == "itself" ? "itself" : ""));
        ++seen;
    }
    CHECK(seen == 5);
}

TEST_CASE("a task of a loop says nothing about records of another thread") {
    log_capture log_of;
    auto main = []() -> task<> {
        co_await tandem::detail::this_task();
        std::thread([] { log(log_level::warning, "elsewhere"); }).join();
        log(log_level::warning, "here");
    };
    auto named = main();
    named.promise().set_name("main");
    tandem::testing::run_virtual(std::move(named));
    REQUIRE(log_of.records().size() == 2);
    CHECK(log_of.records()[0].task.empty());
    CHECK(log_of.records()[1].task == "main");
}

TEST_CASE("a line of text has the time, the level, who speaks, and the text") {
    const std::regex plain(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} warning: careful\n)");
    CHECK(std::regex_match(tandem::to_text_line(log_record(log_level::warning, "careful")), plain));
    const std::string full =
        tandem::to_text_line(log_record(log_level::error, "lost").task("example.org").job("7").worker(4711));
    INFO(full);
    CHECK(full.substr(24) == "error [task example.org, job 7, worker 4711] lost\n");
}

TEST_CASE("a line of text cannot be made to look like two records, nor drive a terminal") {
    const auto text_of = [](std::string_view text) {
        return tandem::to_text_line(log_record(log_level::info, text)).substr(24);
    };
    CHECK(text_of("one\ntwo\n") == "info: one\n    two\n    \n");
    CHECK(text_of("\x1b[2Jgone\a\x7f") == "info: \\x1b[2Jgone\\x07\\x7f\n");
    CHECK(text_of("csi \xc2\x9b"
                  "31m") == "info: csi \\xc2\\x9b31m\n");
    CHECK(text_of("h\xc3\xa4ngt \xf0\x9f\x98\x80\t!") == "info: h\xc3\xa4ngt \xf0\x9f\x98\x80\t!\n");
    CHECK(text_of("bad \xff\xc3") == "info: bad \\xff\\xc3\n");
    CHECK(tandem::to_text_line(log_record(log_level::info, "x").task("a\nb")).substr(24) ==
          "info [task a\\x0ab] x\n");
}

TEST_CASE("a line of JSON is an object with every member that has a value") {
    const auto before = std::chrono::system_clock::now();
    const auto whole = parsed(log_record(log_level::error, "lost").task("example.org").job("7").worker(4711));
    CHECK(whole.at("level") == "error");
    CHECK(whole.at("text") == "lost");
    CHECK(whole.at("task") == "example.org");
    CHECK(whole.at("job") == "7");
    CHECK(whole.at("worker") == 4711);
    CHECK(whole.at("pid") == ::getpid());
    const std::string time(whole.at("time").as_string());
    CHECK(std::regex_match(time, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")));
    std::tm date{};
    REQUIRE(::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%S", &date));
    CHECK(::timegm(&date) >= std::chrono::system_clock::to_time_t(before));

    const auto bare = parsed(log_record(log_level::debug, ""));
    CHECK(bare.size() == 4);
    CHECK(bare.at("text") == "");
}

TEST_CASE("every text survives a line of JSON, and what is not UTF-8 becomes U+FFFD") {
    std::string all;
    for (int byte = 0; byte < 0x80; ++byte)
        all += static_cast<char>(byte);
    all += "\xc2\x80\xc3\xa4\xe2\x82\xac\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    CHECK(std::string(parsed(log_record(log_level::info, all)).at("text").as_string()) == all);

    const std::string bad = "\xef\xbf\xbd";
    const auto seen = [](std::string_view text) {
        return std::string(parsed(log_record(log_level::info, text)).at("text").as_string());
    };
    CHECK(seen("a\x80z") == "a" + bad + "z");
    CHECK(seen("\xc0\xaf") == bad + bad);                     // overlong '/'
    CHECK(seen("\xe0\x9f\xbf") == bad + bad + bad);           // overlong
    CHECK(seen("\xed\xa0\x80") == bad + bad + bad);           // a surrogate
    CHECK(seen("\xf4\x90\x80\x80") == bad + bad + bad + bad); // above U+10FFFF
    CHECK(seen("\xf0\x9f\x98") == bad + bad + bad);           // cut off
    CHECK(seen("\xe2\x82\"") == bad + bad + "\"");
}

TEST_CASE("a program logs to stderr as text, but for what is for debugging, unless the environment says otherwise") {
    const auto plain = run_logger({"levels"});
    CHECK(plain.output.empty());
    const auto lines = lines_of(plain.errors);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].substr(24) == "info: a note");
    CHECK(lines[1].substr(24) == "warning: a warning");
    CHECK(lines[2].substr(24) == "error: an error");

    CHECK(lines_of(run_logger({"levels"}, {"TANDEM_LOG=debug"}).errors).size() == 4);
    CHECK(lines_of(run_logger({"levels"}, {"TANDEM_LOG=error"}).errors).size() == 1);
    CHECK(run_logger({"levels"}, {"TANDEM_LOG=off"}).errors.empty());
}

TEST_CASE("a program logs lines of JSON where the environment asks for them") {
    const auto lines = lines_of(run_logger({"levels"}, {"TANDEM_LOG_FORMAT=json"}).errors);
    REQUIRE(lines.size() == 3);
    CHECK(boost::json::parse(lines[1]).at("text") == "a warning");
    CHECK(boost::json::parse(lines[2]).at("level") == "error");
}

TEST_CASE("what the environment says of the log and means nothing is itself logged") {
    const auto lines = lines_of(run_logger({"levels"}, {"TANDEM_LOG=loud", "TANDEM_LOG_FORMAT=xml"}).errors);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0].ends_with("TANDEM_LOG is none of debug, info, warning, error, off"));
    CHECK(lines[1].ends_with("TANDEM_LOG_FORMAT is neither text nor json"));
    CHECK(lines[2].ends_with("a note"));
}

TEST_CASE("lines of several threads do not mix") {
    const auto lines = lines_of(run_logger({"threads", "4", "200"}, {"TANDEM_LOG_FORMAT=json"}).errors);
    REQUIRE(lines.size() == 800);
    std::map<std::string, int> seen;
    for (const auto& line : lines) {
        const std::string text(boost::json::parse(line).at("text").as_string());
        REQUIRE(text.size() == 300);
        ++seen[text];
    }
    CHECK(seen.size() == 4);
    for (const auto& [text, times] : seen)
        CHECK(times == 200);
}

TEST_CASE("a log whose reader has gone does not stop the program") {
    CHECK(run_logger({"closed"}).status == 0);
}

namespace {

int log_in_job(int number) {
    log(log_level::error, "job says " + std::to_string(number) + "\nin \\ two\x1f lines");
    log(log_level::debug, "nobody wants to know");
    std::fputs("not ended", stderr);
    log(log_level::warning, std::string(5000, 'x'));
    std::fputs("plain\n", stderr);
    return ::getpid();
}

} // namespace

TEST_CASE("what a job logs in a worker is logged here, with its level, its job and the worker's pid") {
    log_capture log_of;
    int pid = 0;
    auto main = [&]() -> task<> {
        tandem::process_pool cpu;
        pid = co_await cpu.run(log_in_job, 7);
        co_await cpu.stop(); // and with that, all that it wrote
    };
    tandem::block_on(main());
    const auto records = log_of.records();
    REQUIRE(records.size() == 4);
    for (const auto& each : records)
        CHECK(each.worker == pid);
    CHECK(records[0].level == log_level::error);
    CHECK(records[0].text == "job says 7\nin \\ two\x1f lines");
    CHECK(records[0].job == "1");
    CHECK(records[1].level == log_level::warning);
    CHECK(records[1].text == "not ended");
    CHECK(records[1].job == "1");
    CHECK(records[2].text == std::string(5000, 'x'));
    CHECK(records[2].job == "1");
    CHECK(records[3].text == "plain");
    CHECK(records[3].job == "1");
}
