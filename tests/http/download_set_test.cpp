#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download_set.hpp>

#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::stream;
using tandem::task;
using test::answering;
using test::conversation;
using test::echo_target;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::in_pausing_time;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::target_of;
using item_list = std::vector<download_item>;
using names = std::vector<std::string>;

namespace {

/// What has come of a set's downloads, by their URLs' paths.
struct outcomes {
    std::set<std::string> files;
    std::map<std::string, std::string> errors;
};

task<outcomes> all_of(download_set& set) {
    outcomes all;
    while (auto outcome = co_await set.next()) {
        const std::string target(outcome->asked.target());
        if (outcome->file)
            all.files.insert(target);
        else
            all.errors.emplace(target, outcome->file.what());
    }
    co_return all;
}

download_options into(const test::temp_folder& folder) {
    return download_options().folder(folder.path().string());
}

/// Items for `/0`, `/1` and so on.
item_list numbered(const client& web, const scripted_server& server, int count,
                   const download_options& options) {
    item_list all;
    for (int i = 0; i < count; ++i)
        all.emplace_back(web.get(server.url("/" + std::to_string(i))), options);
    return all;
}

tandem::http::retry_policy quick() {
    return tandem::http::retry_policy().pause(1ms).no_budget();
}

/// How many requests a server works on at the same time.
class crowd_counter {
  public:
    /// Returns how many there are with this one.
    int enter() {
        const std::lock_guard locked(access_);
        most_ = std::max(most_, ++now_);
        changed_.notify_all();
        return now_;
    }
    void leave() {
        const std::lock_guard locked(access_);
        --now_;
        changed_.notify_all();
    }
    /// Waits until so many have been there at once.
    void wait_for(int count) {
        std::unique_lock locked(access_);
        changed_.wait(locked, [&] { return most_ >= count; });
    }
    int most() const {
        const std::lock_guard locked(access_);
        return most_;
    }

  private:
    mutable std::mutex access_;
    std::condition_variable changed_;
    int now_ = 0;
    int most_ = 0;
};

} // namespace

TEST_CASE("a set downloads all that its source has, and tells of each") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 40, into(folder));
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
        auto list = numbered(web, server, 5, into(folder));
        list.emplace_back(web.get("http://127.0.0.1:1/refused"), into(folder).no_retry());
        list.emplace_back(web.get(server.url("/sum")),
                          into(folder).checksum(checksum("md5:" + std::string(32, 'a'))));
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
        const auto list = numbered(web, server, 30, into(folder));
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
        auto list = numbered(web, slow_one, 3, into(folder));
        for (auto& each : numbered(web, quick_one, 6, into(folder).folder(folder / "quick")))
            list.push_back(each);
        download_set set(list, download_set_options().jobs(2).per_host(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.empty());
        CHECK(set.statistics().saved == 9);
    });
    CHECK(crowd.most() == 1);
}

TEST_CASE("equal URLs are fetched once") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    const auto list = [&](const client& web) {
        item_list all;
        for (const auto* target : {"/a", "/b", "/a", "/./a", "/a#part", "/b"})
            all.emplace_back(web.get(server.url(target)), into(folder).existing(if_exists::replace));
        all.emplace_back(web.get(server.url("/a")), into(folder).file("other"));
        return all;
    };
    in_loop([&]() -> task<> {
        client web;
        const auto all = list(web);
        download_set set(all, download_set_options().jobs(1));
        const auto got = co_await all_of(set);
        CHECK(got.files == std::set<std::string>{"/a", "/b"});
        CHECK(set.statistics().saved == 3);
        CHECK(set.statistics().repeated == 4);
        CHECK(set.statistics().taken == 7);
    });
    CHECK(server.requests().size() == 3);
    CHECK(files_below(folder.path()) == names{"a", "b", "other"});
}

TEST_CASE("equal URLs are fetched again where that is wanted, if their name may be taken again") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (int i = 0; i < 3; ++i)
            list.emplace_back(web.get(server.url("/a")), into(folder).existing(if_exists::number));
        download_set set(list, download_set_options().repeat_equal());
        co_await all_of(set);
        CHECK(set.statistics().saved == 3);
    });
    CHECK(files_below(folder.path()) == names{"a", "a-1", "a-2"});
}

TEST_CASE("of different URLs with one name the later fails, with an error that names both") {
    const auto what = GENERATE(if_exists::fail, if_exists::replace, if_exists::keep);
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(server.url("/one/x")), into(folder).existing(what));
        list.emplace_back(web.get(server.url("/two/x")), into(folder).existing(what));
        list.emplace_back(web.get(server.url("/three")), into(folder).existing(what).file("x"));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/one/x"});
        CHECK(all.errors.at("/two/x") == server.url("/two/x") + ": " + folder / "x" + ": is the name of " +
                                             server.url("/one/x") + ", too");
        CHECK(has_all(all.errors.at("/three"), server.url("/one/x")));
        CHECK(set.statistics().failed_by(failure_kind::file) == 2);
    });
    CHECK(read_file(folder / "x") == "/one/x");
}

TEST_CASE("different URLs with one name are numbered where that is wanted") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        for (const auto* target : {"/1/x.txt", "/2/x.txt", "/3/x.txt", "/4/x.txt"})
            list.emplace_back(web.get(server.url(target)), into(folder).existing(if_exists::number));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 4);
    });
    CHECK(files_below(folder.path()) == names{"x-1.txt", "x-2.txt", "x-3.txt", "x.txt"});
}

TEST_CASE("a name is free again when the download that had it has failed") {
    const test::temp_folder folder;
    scripted_server server(answering([](const std::string& target) {
        return target == "/gone/x" ? reply("", "", "404 Not Found") : reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        item_list list;
        list.emplace_back(web.get(server.url("/gone/x")), into(folder));
        list.emplace_back(web.get(server.url("/other/x")), into(folder));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files == std::set<std::string>{"/other/x"});
    });
    CHECK(read_file(folder / "x") == "/other/x");
}

TEST_CASE("what a set gets ahead of its consumer is bounded, and so is what it takes from its source") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto endless = [&]() -> stream<download_item> {
            for (int i = 0;; ++i)
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), into(folder));
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
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), into(folder));
            }
        };
        download_set set(source());
        while (const auto outcome = co_await set.next())
            ++taken;
        CHECK(taken == 5);
    });
}

TEST_CASE("what the source throws comes last") {
    const test::temp_folder folder;
    scripted_server server(echo_target());
    in_loop([&]() -> task<> {
        client web;
        const auto source = [&]() -> stream<download_item> {
            for (int i = 0; i < 5; ++i)
                co_yield download_item(web.get(server.url("/" + std::to_string(i))), into(folder));
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
        list.emplace_back(web.get(server.url("/a")).header("X-Mine", "1"), into(folder).file("deep/er/one"));
        list.emplace_back(web.get(server.url("/b")),
                          into(folder).on_progress([&](const download_progress& now) {
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
        const auto list = numbered(web, server, 1, into(folder).on_progress(watch));
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

TEST_CASE("a host that says it has too much to do is asked for less, until it has not") {
    const test::temp_folder folder;
    crowd_counter crowd;
    std::atomic<int> refused = 0;
    scripted_server server([&](conversation& talk) {
        while (auto request = talk.request()) {
            const bool is_too_much = crowd.enter() > 2;
            crowd.wait_for(3);
            if (is_too_much) ++refused;
            talk.send(is_too_much ? reply("", "", "429 Too Many Requests") : reply("x"));
            crowd.leave();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 60, into(folder).retry(quick()));
        download_set set(list, download_set_options().jobs(16));
        const std::string origin(url(server.url()).origin());
        CHECK(set.at_once(origin) == 16);
        std::size_t least = 16;
        while (const auto outcome = co_await set.next()) {
            least = std::min(least, set.at_once(origin));
        }
        CHECK(set.statistics().saved == 60);
        CHECK(set.statistics().overloads == static_cast<std::uint64_t>(refused));
        CHECK(set.statistics().retries == set.statistics().overloads);
        CHECK(least < 16);
    });
    CHECK(refused > 0);
}

TEST_CASE("a host is left alone for as long as it asks") {
    const auto status = GENERATE(as<std::string>{}, "429 Slow Down", "503 Busy");
    const test::temp_folder folder;
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string& target) {
        return ++count <= 1 ? reply("busy", "Retry-After: 7\r\n", status) : reply(target);
    }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 6, into(folder).retry(quick()));
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 6);
        CHECK(set.statistics().overloads == 1);
    });
    CHECK(passed == 7s);
    CHECK(count == 7);
}

TEST_CASE("a host that never has time is given up, by each download after its attempts") {
    const test::temp_folder folder;
    scripted_server server(answering([](const std::string&) { return reply("", "", "503 Busy"); }));
    in_loop([&]() -> task<> {
        client web;
        auto list = numbered(web, server, 2, into(folder).retry(quick().attempts(3)));
        list.emplace_back(web.get(server.url("/once")), into(folder).no_retry());
        download_set set(list, download_set_options().jobs(1));
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 3);
        CHECK(all.errors.at("/0") == server.url("/0") + ": 503 Busy");
        CHECK(set.statistics().overloads == 7);
        CHECK(set.statistics().retries == 4);
    });
    CHECK(server.requests().size() == 7);
}

TEST_CASE("a host that asks for more patience than there is is given up at once") {
    const test::temp_folder folder;
    scripted_server server(
        answering([](const std::string&) { return reply("", "Retry-After: 1000\r\n", "429 Slow Down"); }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 3, into(folder).retry(quick()));
        download_set set(list);
        const auto all = co_await all_of(set);
        CHECK(all.errors.size() == 3);
    });
    CHECK(passed == 0s);
    CHECK(server.requests().size() == 3);
}

TEST_CASE("other failures are each download's own to try again") {
    const bool backs_off = GENERATE(true, false);
    const test::temp_folder folder;
    std::atomic<int> count = 0;
    scripted_server server(answering([&](const std::string& target) {
        const int number = ++count;
        if (number == 1) return reply("", "", "502 Bad Gateway");
        if (number == 2) return reply("", "", "503 Busy");
        return reply(target);
    }));
    in_loop([&]() -> task<> {
        client web;
        const auto list = numbered(web, server, 1, into(folder).retry(quick()));
        download_set set(list, download_set_options().back_off(backs_off));
        const auto all = co_await all_of(set);
        CHECK(all.files.size() == 1);
        CHECK(set.statistics().retries == 2);
        CHECK(set.statistics().overloads == (backs_off ? 1u : 0u));
    });
}
