// Downloads of many files: what runs at once, and what comes of each.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <set>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download_set.hpp>

#include "http/in_loop.hpp"
#include "http/sets.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::all_of;
using test::answering;
using test::conversation;
using test::crowd_counter;
using test::echo_target;
using test::files_below;
using test::has_all;
using test::in_folder;
using test::in_loop;
using test::item_list;
using test::numbered;
using test::read_file;
using test::reply;
using test::scripted_server;
using names = std::vector<std::string>;

TEST_CASE("a set downloads all that its source has, and tells of each") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 40, in_folder(folder));
        download_set set(list, download_set_options().jobs(8));
        std::set<std::size_t> indices;
        while (auto outcome = co_await set.next()) {
            REQUIRE(outcome->file);
            CHECK(read_file(outcome->file->path.string()) == outcome->asked.target());
            CHECK(outcome->asked.target() == "/" + std::to_string(outcome->index));
            indices.insert(outcome->index);
        }
        CHECK(indices.size() == 40);
        const auto last = co_await set.next();
        CHECK_FALSE(last);
        const auto so_far = set.statistics();
        CHECK(so_far.taken == 40);
        CHECK(so_far.saved == 40);
        CHECK(so_far.bytes == 10 * 2 + 30 * 3);
        CHECK(so_far.received == so_far.bytes);
        CHECK(so_far.running == 0);
        CHECK(so_far.waiting == 0);
        CHECK(so_far.failed + so_far.kept + so_far.repeated + so_far.retries + so_far.overloads == 0);
    });
    CHECK(files_below(folder.path()).size() == 40);
}

TEST_CASE("a set without items is at its end") {
    in_loop([]() -> task<> {
        download_set set(item_list{});
        const auto none = co_await set.next();
        CHECK_FALSE(none);
        co_await set.close();
    });
}

TEST_CASE("a download that fails stops none of the others, and its error names it") {
    const test::temp_folder folder;
    folder.write("3", "is there");
    scripted_server server(answering([](const std::string& target) {
        if (target == "/1") return reply("no", "", "404 Not Found");
        if (target == "/2") return reply("who", "", "401 Unauthorized");
        return reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        auto list = numbered(web, server, 5, in_folder(folder));
        list.emplace_back(web.get("http://127.0.0.1:1/refused"), in_folder(folder).no_retry());
        list.emplace_back(web.get(server.url("/sum")),
                          in_folder(folder).checksum(checksum("md5:" + std::string(32, 'a'))));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/0", "/4"});
        CHECK(all.errors.at("/1") == server.url("/1") + ": 404 Not Found");
        CHECK(has_all(all.errors.at("/3"), server.url("/3"), folder / "3", "File exists"));
        const auto so_far = set.statistics();
        CHECK(so_far.failed == 5);
        CHECK(so_far.failed_by(failure_kind::status) == 1);
        CHECK(so_far.failed_by(failure_kind::authentication) == 1);
        CHECK(so_far.failed_by(failure_kind::file) == 1);
        CHECK(so_far.failed_by(failure_kind::network) == 1);
        CHECK(so_far.failed_by(failure_kind::checksum) == 1);
    });
}

TEST_CASE("as many downloads run at once as there are jobs") {
    const test::temp_folder folder;
    crowd_counter crowd;
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            crowd.enter();
            crowd.wait_for(3);
            crowd.leave();
            talk.send(reply("x"));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 30, in_folder(folder));
        download_set set(list, download_set_options().jobs(3));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 30);
    });
    CHECK(crowd.most() == 3);
}

TEST_CASE("a host with many downloads does not hold up those of others") {
    const test::temp_folder folder;
    std::atomic<int> done = 0;
    scripted_server quick_one(answering([&](const std::string& target) {
        ++done;
        done.notify_all();
        return reply(target);
    }));
    crowd_counter crowd;
    scripted_server slow_one([&](conversation& talk) {
        while (auto request = talk.request()) {
            crowd.enter();
            for (int seen = done; seen < 6; seen = done)
                done.wait(seen);
            crowd.leave();
            talk.send(reply("x"));
        }
    });
    in_loop([&]() -> task<> {
        client web;
        auto list = numbered(web, slow_one, 3, in_folder(folder));
        for (auto& each : numbered(web, quick_one, 6, in_folder(folder).folder(folder / "quick")))
            list.push_back(each);
        download_set set(list, download_set_options().jobs(2).per_host(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.empty());
        CHECK(set.statistics().saved == 9);
    });
    CHECK(crowd.most() == 1);
}

TEST_CASE("what a set gets ahead of its consumer is bounded, and so is what it takes from its source") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto endless = [&]() -> stream<download_item> {
            for (int i = 0;; ++i)
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), in_folder(folder));
        };
        download_set set(endless(), download_set_options().jobs(3));
        const auto first = co_await set.next();
        REQUIRE(first->file);
        while (set.statistics().saved < 7)
            co_await tandem::sleep(1ms);
        for (int i = 0; i < 100; ++i)
            co_await tandem::yield();
        CHECK(set.statistics().taken == 7);
        for (int i = 0; i < 30; ++i)
            (void)co_await set.next();
        co_await set.close();
        const auto none = co_await set.next();
        CHECK_FALSE(none);
    });
    CHECK(server.requests().size() >= 31);
    CHECK(server.requests().size() <= 37);
}

TEST_CASE("a source may wait for its items, while the downloads go on") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        std::size_t taken = 0;
        const auto source = [&]() -> stream<download_item> {
            for (int i = 0; i < 5; ++i) {
                while (taken < static_cast<std::size_t>(i))
                    co_await tandem::sleep(1ms);
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), in_folder(folder));
            }
        };
        download_set set(source());
        while (const auto outcome = co_await set.next())
            ++taken;
        CHECK(taken == 5);
    });
}

TEST_CASE("a source that has waited gives an item to each that wants one, and then they all begin") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        std::size_t taken = 0;
        std::vector<std::size_t> taken_before_request;
        const auto source = [&]() -> stream<download_item> {
            co_await tandem::sleep(1ms); // the set wants all it may have by now
            auto how = in_folder(folder).on_progress([&](const download_progress& now) {
                if (now.now == download_progress::state::asking) taken_before_request.push_back(taken);
            });
            while (taken < 12) {
                ++taken;
                co_yield download_item(web.get(server.url("/" + std::to_string(taken))), how);
            }
        };
        download_set set(source(), download_set_options().jobs(8));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 12);
        REQUIRE(taken_before_request.size() == 12);
        // and one more, for the job that ends first
        CHECK(taken_before_request[0] == 9);
        CHECK(taken_before_request[7] == 9);
        CHECK(taken_before_request[11] == 12);
    });
}

TEST_CASE("while all jobs run one more item is taken, to be at hand when one ends") {
    const test::temp_folder folder;
    std::atomic<int> taken = 0;
    scripted_server server(answering([&](const std::string& target) {
        // Nothing ends before that.
        const int number = std::stoi(target.substr(1));
        for (int seen = taken; seen < std::min(number + 2, 5); seen = taken)
            taken.wait(seen);
        return reply("x");
    }));
    in_loop([&]() -> task<> {
        client web;
        const auto source = [&]() -> stream<download_item> {
            for (int i = 0; i < 5; ++i) {
                ++taken;
                taken.notify_all();
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), in_folder(folder));
            }
        };
        download_set set(source(), download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 5);
    });
}

TEST_CASE("downloads that wait for an item do not keep their jobs from one that waits for its host") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        std::size_t done = 0;
        const auto source = [&]() -> stream<download_item> {
            for (int i = 0; i < 2; ++i)
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), in_folder(folder));
            while (done < 2)
                co_await tandem::sleep(1ms);
        };
        download_set set(source(), download_set_options().jobs(2).per_host(1));
        while (const auto outcome = co_await set.next()) {
            CHECK(outcome->file);
            ++done;
        }
        CHECK(done == 2);
    });
}

TEST_CASE("what the source throws comes last") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto source = [&]() -> stream<download_item> {
            for (int i = 0; i < 5; ++i)
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), in_folder(folder));
            throw std::runtime_error("list:6: nonsense");
        };
        download_set set(source());
        std::string error;
        try {
            co_await all_of(set);
        } catch (const std::runtime_error& cause) {
            error = cause.what();
        }
        CHECK(error == "list:6: nonsense");
        CHECK(set.statistics().saved == 5);
        const auto none = co_await set.next();
        CHECK_FALSE(none);
    });
}

TEST_CASE("each item has its own request and options") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    std::atomic<int> told = 0;
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(server.url("/a")).header("X-Mine", "1"),
                          in_folder(folder).file("deep/er/one"));
        list.emplace_back(web.get(server.url("/b")),
                          in_folder(folder).on_progress([&](const download_progress& now) {
                              if (now.now == download_progress::state::done) ++told;
                          }));
        download_set set(std::move(list));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 2);
    });
    CHECK(files_below(folder.path()) == names{"b", "deep/er/one"});
    CHECK(has_all(server.requests().at(0) + server.requests().at(1), "X-Mine: 1"));
    CHECK(told == 1);
}

TEST_CASE("a set that is dropped, closed or cancelled keeps the parts of its downloads") {
    enum class end { dropped, closed, cancelled };
    const auto how = GENERATE(end::dropped, end::closed, end::cancelled);
    const test::temp_folder folder;
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 10000000\r\n\r\n" +
                  std::string(3'000'000, 'x'));
        talk.wait_for_close();
    });
    in_loop([&]() -> task<> {
        client web;
        std::uint64_t come = 0;
        const auto watch = [&](const download_progress& now) { come = std::max(come, now.done); };
        const auto list = numbered(web, server, 1, in_folder(folder).on_progress(watch));
        const auto consume = [&](download_set& set) -> task<> { (void)co_await set.next(); };
        const auto stop_waiting = [&](tandem::task_group& waiting, download_set& set) -> task<> {
            waiting.spawn(consume(set));
            while (come < 2'000'000)
                co_await tandem::sleep(1ms);
            waiting.cancel();
        };
        const auto use = [&](tandem::task_group& around) -> task<> {
            download_set set(list);
            const auto wait = [&](tandem::task_group& waiting) { return stop_waiting(waiting, set); };
            co_await tandem::with_group(wait);
            CHECK(set.statistics().running == 1); // who does not wait any more has stopped nothing
            if (how == end::closed) co_await set.close();
            if (how == end::cancelled) around.cancel();
        };
        co_await tandem::with_group(use);
        while (web.statistics().active > 0)
            co_await tandem::sleep(1ms);
    });
    CHECK(files_below(folder.path()) == names{"0.part", "0.part.tandem"});
}
