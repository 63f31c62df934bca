// What workers print.
#include <catch2/catch.hpp>

#include <tandem/pool/process_pool.hpp>
#include <tandem/runtime.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <thread>
#include <unistd.h>

#include "support/log_capture.hpp"
#include "support/nothing_left.hpp"
#include "support/pools.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using tandem::block_on;
using tandem::log_level;
using tandem::process_pool;
using tandem::process_pool_options;
using tandem::task;
using test::log_capture;
using test::logged_record;

namespace {

process_pool_options one_worker() {
    return process_pool_options().workers(1);
}

void write_raw(int descriptor, const std::string& text) {
    for (std::size_t written = 0; written < text.size();) {
        const ssize_t n = write(descriptor, text.data() + written, text.size() - written);
        if (n <= 0) throw std::runtime_error("cannot write");
        written += static_cast<std::size_t>(n);
    }
}

/// "level job text" of each.
std::vector<std::string> described(const std::vector<logged_record>& records) {
    std::vector<std::string> all;
    for (const logged_record& each : records)
        all.push_back(std::string(tandem::name_of(each.level)) + ' ' + each.job + ' ' + each.text);
    return all;
}
/// Of one level only: two pipes have no order between them.
std::vector<std::string> described(const std::vector<logged_record>& records, log_level level) {
    std::vector<logged_record> some;
    for (const logged_record& each : records)
        if (each.level == level) some.push_back(each);
    return described(some);
}

void print_both_ways(int number) {
    std::printf("printf %d\nnot ", number);
    std::cout << "ended";
    std::fprintf(stderr, "error %d\nneither", number);
}
void print_partial(int number) {
    write_raw(STDOUT_FILENO, "o" + std::to_string(number));
    write_raw(STDERR_FILENO, "e" + std::to_string(number));
}
void print_some(int number) {
    // Silent ones, short ones, long ones, in turn.
    for (int line = 0; line < number % 5; ++line)
        std::printf("job %d line %d\n", number, line);
    if (number % 7 == 0) write_raw(STDERR_FILENO, "job " + std::to_string(number) + " unended");
    if (number % 31 == 0) write_raw(STDOUT_FILENO, std::string(30'000, 'x') + '\n');
}
std::size_t flood(std::size_t lines) {
    const std::string line(99, 'f');
    for (std::size_t i = 0; i < lines; ++i)
        std::puts(line.c_str());
    return lines;
}
void forge_marks() {
    write_raw(STDOUT_FILENO, "\x1e#1#99\n\x1e#2#99\nforged\x1e#1#99\n\x1e#12");
    write_raw(STDERR_FILENO, "\x1e#1#99\n\x1e#2#99\n\x1e#");
}

} // namespace

TEST_CASE(
    "what a job prints is logged by line, with its level, its job and its worker, before the await goes on") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    int pid = 0;
    std::vector<logged_record> seen;
    auto all = [&]() -> task<> {
        co_await pool.run(print_both_ways, 7);
        seen = log_of.records();
        pid = pool.workers().at(0);
    };
    block_on(all());
    CHECK(described(seen, log_level::info) ==
          std::vector<std::string>{"info 1 printf 7", "info 1 not ended"});
    CHECK(described(seen, log_level::warning) ==
          std::vector<std::string>{"warning 1 error 7", "warning 1 neither"});
    for (const logged_record& each : seen) {
        CHECK(each.worker == pid);
        CHECK(each.task.empty());
    }
}

TEST_CASE("lines of jobs that follow each other at once have the right job each") {
    const log_capture log_of(log_level::info);
    process_pool pool(process_pool_options().workers(2));
    constexpr int jobs = 1000;
    auto run_job = [&](int number) -> task<> { co_await pool.run(print_some, number); };
    auto body = [&](tandem::task_group& group) -> task<> {
        for (int number = 1; number <= jobs; ++number)
            group.spawn(run_job(number));
        co_return;
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    std::size_t expected = 0;
    for (int number = 1; number <= jobs; ++number)
        expected += static_cast<std::size_t>(number % 5 + (number % 7 == 0));
    std::size_t found = 0;
    int wrong = 0;
    for (const logged_record& each : log_of.records()) {
        if (!each.text.starts_with("job ")) continue; // of a long line
        ++found;
        if (!each.text.starts_with("job " + each.job + ' ')) ++wrong;
    }
    CHECK(found == expected);
    CHECK(wrong == 0);
}

TEST_CASE("what a job leaves unended is a line of its own") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        for (int number = 1; number <= 300; ++number)
            co_await pool.run(print_partial, number);
    };
    block_on(all());
    const auto out = described(log_of.records(), log_level::info);
    const auto err = described(log_of.records(), log_level::warning);
    REQUIRE(out.size() == 300);
    REQUIRE(err.size() == 300);
    for (int number = 1; number <= 300; ++number) {
        const std::string job = std::to_string(number);
        CHECK(out[static_cast<std::size_t>(number) - 1] == "info " + job + " o" + job);
        CHECK(err[static_cast<std::size_t>(number) - 1] == "warning " + job + " e" + job);
    }
}

TEST_CASE("a line is logged while its job still runs") {
    const test::temp_folder folder;
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        auto job = pool.submit(
            [](const std::string& where) {
                std::puts("under way");
                write_raw(STDOUT_FILENO, "half ");
                test::hold(where, 1, {});
                std::puts("a line");
            },
            folder.path());
        while (log_of.records().empty())
            co_await tandem::sleep(1ms);
        test::touch(folder / "open");
        co_await job;
    };
    block_on(all());
    CHECK(described(log_of.records()) == std::vector<std::string>{"info 1 under way", "info 1 half a line"});
}

TEST_CASE("a flood of lines holds up neither the loop nor the others, and none is lost") {
    const log_capture log_of(log_level::info);
    process_pool pool(process_pool_options().workers(2));
    constexpr std::size_t lines = 50'000;
    int others = 0;
    bool flooded = false;
    auto other = [&]() -> task<> {
        while (!flooded) {
            co_await pool.run(test::twice, 1);
            ++others;
        }
    };
    auto flooding = [&]() -> task<> {
        co_await pool.run(flood, lines);
        flooded = true;
    };
    auto body = [&](tandem::task_group& group) -> task<> {
        group.spawn(flooding());
        group.spawn(other());
        co_return;
    };
    auto all = [&]() -> task<> { co_await tandem::with_group(body); };
    block_on(all());
    const auto texts = log_of.texts();
    CHECK(static_cast<std::size_t>(std::count(texts.begin(), texts.end(), std::string(99, 'f'))) == lines);
    CHECK(others > 0);
}

TEST_CASE("a line without an end comes in pieces") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    block_on(pool.run([] { write_raw(STDOUT_FILENO, std::string(1'000'000, 'y')); }));
    std::size_t total = 0;
    for (const logged_record& each : log_of.records()) {
        CHECK(each.text.size() <= 1024);
        CHECK(each.job == "1");
        total += each.text.size();
    }
    CHECK(total == 1'000'000);
}

TEST_CASE("a job that prints what looks like the end of another's output confuses nobody") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        for (int round = 0; round < 20; ++round) {
            co_await pool.run(forge_marks);
            co_await pool.run([] {
                std::puts("plain");
                std::fputs("plain\n", stderr);
            });
        }
    };
    block_on(all());
    std::map<std::string, int> jobs;
    for (const logged_record& each : log_of.records())
        if (each.text == "plain") ++jobs[each.job];
    CHECK(jobs.size() == 20);
    for (const auto& [job, count] : jobs) {
        CHECK(std::stoi(job) % 2 == 0);
        CHECK(count == 2);
    }
}

TEST_CASE("a job that closes or replaces its output disturbs that of nobody else") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        co_await pool.run([] {
            std::fputs("before\n", stderr);
            close(STDOUT_FILENO);
            const int nothing = open("/dev/null", O_WRONLY);
            dup2(nothing, STDERR_FILENO);
        });
        co_await pool.run([] { std::fputs("unheard\n", stderr); });
        co_await pool.run(test::twice, 1);
    };
    block_on(all());
    CHECK(described(log_of.records()) == std::vector<std::string>{"warning 1 before"});
}

TEST_CASE("a job may make its output non-blocking and fill it") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        co_await pool.run([] {
            fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
            std::string line(1000, 'n');
            line.back() = '\n';
            for (int i = 0; i < 1000; ++i)
                if (write(STDOUT_FILENO, line.data(), line.size()) < 0) break;
        });
        co_await pool.run([] { std::puts("next"); });
    };
    block_on(all());
    const auto records = log_of.records();
    REQUIRE(records.size() >= 2);
    CHECK(records.back().text == "next");
    CHECK(records.back().job == "2");
    for (std::size_t i = 0; i + 1 < records.size(); ++i)
        CHECK(records[i].job == "1");
}

TEST_CASE("what a job's own children print is its output, too") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    block_on(pool.run([] {
        std::printf("first\n");
        if (std::system("echo second; echo third >&2") != 0) throw std::runtime_error("no shell");
    }));
    CHECK(described(log_of.records(), log_level::info) ==
          std::vector<std::string>{"info 1 first", "info 1 second"});
    CHECK(described(log_of.records(), log_level::warning) == std::vector<std::string>{"warning 1 third"});
}

TEST_CASE("a job that crashes is heard to its last line, and its last words are those on stderr") {
    const test::nothing_left checked;
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<std::string> {
        co_await pool.run([] { std::fputs("earlier\n", stderr); });
        try {
            co_await pool.run([] {
                std::puts("on stdout");
                std::fputs("on stderr\nand the last", stderr);
                std::_Exit(3);
            });
        } catch (const tandem::worker_died& error) {
            co_return error.last_words();
        }
        co_return "";
    };
    CHECK(block_on(all()) == "earlier\non stderr\nand the last");
    CHECK(described(log_of.records(), log_level::info) == std::vector<std::string>{"info 2 on stdout"});
    CHECK(described(log_of.records(), log_level::warning) ==
          std::vector<std::string>{"warning 1 earlier", "warning 2 on stderr", "warning 2 and the last"});
}

TEST_CASE("what is printed before the first job is nobody's") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker().initializer([] { std::printf("ready\nalmost"); }));
    block_on(pool.run([] { std::puts("job"); }));
    CHECK(described(log_of.records()) ==
          std::vector<std::string>{"info  ready", "info  almost", "info 1 job"});
}

TEST_CASE("output that is buffered anew is flushed at a job's end") {
    const log_capture log_of(log_level::info);
    process_pool pool(one_worker());
    auto all = [&]() -> task<> {
        co_await pool.run([] {
            std::setvbuf(stdout, nullptr, _IOFBF, 1 << 16);
            std::puts("kept back");
        });
        CHECK(described(log_of.records()) == std::vector<std::string>{"info 1 kept back"});
    };
    block_on(all());
}

TEST_CASE("inherited, workers' stdout is this process' own") {
    const test::temp_folder folder;
    const log_capture log_of(log_level::info);
    std::fflush(stdout);
    const int own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    const int file = open((folder / "out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    {
        process_pool pool(one_worker().standard_output(tandem::worker_stdout::inherited));
        dup2(file, STDOUT_FILENO);
        auto all = [&]() -> task<> {
            co_await pool.run([] {
                std::puts("to the file");
                std::fputs("to the log\n", stderr);
            });
        };
        block_on(all());
        dup2(own, STDOUT_FILENO);
    }
    close(own);
    close(file);
    CHECK(test::read_file(folder / "out") == "to the file\n");
    CHECK(described(log_of.records()) == std::vector<std::string>{"warning 1 to the log"});
}
