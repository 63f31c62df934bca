// Downloads that ask again.
#include <catch2/catch.hpp>

#include <tandem/coro/timeout.hpp>
#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "http/pausing_time.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::answer_to;
using test::content;
using test::conversation;
using test::failure_of;
using test::field_of;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::in_pausing_time;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;
using http_retry = tandem::http::retry_policy;

namespace {

http_retry quick() {
    return http_retry().pause(1ms).no_budget();
}

download_options into(const test::temp_folder& folder) {
    return download_options().folder(folder.path().string()).retry(quick());
}

} // namespace

TEST_CASE("a download that breaks off in mid-body goes on where it stopped, as often as it brings more") {
    test::temp_folder folder;
    const served_file file{content(20'000)};
    std::vector<std::optional<std::size_t>> cuts(19, 1'000);
    scripted_server server(serving(file, cuts));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(server.url("/x")), into(folder));
        CHECK(made.attempts == 20);
        CHECK(made.received == 20'000);
        CHECK(made.resumed == 0); // of an earlier call
        CHECK(web.statistics().retried == 19);
    });
    CHECK(field_of(server.requests().at(19), "Range") == "bytes=19000-");
    CHECK((read_file(folder / "x") == file.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("attempts that bring nothing are counted, and the part stays") {
    test::temp_folder folder;
    scripted_server server(serving(served_file{content(5'000)}, {2'000, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    in_loop([&]() -> task<> {
        client web;
        const auto error = co_await failure_of<truncated_error>(
            download(web.get(server.url("/x")), into(folder).retry(quick().attempts(3))));
        CHECK(has_all(error.what(), server.url("/x")));
    });
    // One that brought bytes, and three that did not.
    CHECK(server.requests().size() == 4);
    CHECK(files_below(folder.path()) == names{"x.part", "x.part.tandem"});
}

TEST_CASE("a server that always begins anew and breaks off is given up") {
    test::temp_folder folder;
    served_file file{content(5'000)};
    file.ignores_ranges = GENERATE(true, false);
    // or has another file each time
    const bool changes = !file.ignores_ranges;
    scripted_server server(serving(
        [&](int n) {
            auto served = file;
            if (changes) served.etag = '"' + std::to_string(n) + '"';
            return served;
        },
        std::vector<std::optional<std::size_t>>(20, 2'000)));
    in_loop([&]() -> task<> {
        client web;
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), into(folder)));
    });
    // The first one has brought something.
    CHECK(server.requests().size() == 5);
}

TEST_CASE("a file that is replaced while it is brought is brought anew in the same run") {
    test::temp_folder folder;
    served_file one{content(5'000)};
    served_file two{content(6'000, 2), "\"two\""};
    two.ignores_if_range = GENERATE(true, false);
    scripted_server server(serving([&](int n) { return n == 0 ? one : two; }, {2'000}));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(server.url("/x")), into(folder));
        CHECK(made.bytes == 6'000);
        CHECK(made.received == 8'000);
    });
    CHECK((read_file(folder / "x") == two.body));
    CHECK(files_below(folder.path()) == names{"x"});
}

TEST_CASE("errors of an overloaded server between the parts are waited out") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const int number = count++;
            if (number % 2 == 0) {
                talk.send(reply("busy", "", number % 4 == 0 ? "503 Busy" : "429 Too Many Requests"));
                continue;
            }
            const auto whole = answer_to(*request, file);
            const auto body = whole.find("\r\n\r\n") + 4;
            talk.send(std::string_view(whole).substr(0, body + 1'500));
            if (whole.size() > body + 1'500) return talk.finish();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        co_await download(web.get(server.url("/x")), into(folder));
    });
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("500 is an error for good, unless the policy says otherwise") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request())
            talk.send(count++ % 2 == 0 ? reply("", "", "500 Oops") : answer_to(*request, file));
    });
    in_loop([&]() -> task<> {
        client web;
        const auto error =
            co_await failure_of<status_error>(download(web.get(server.url("/x")), into(folder)));
        CHECK(error.status() == 500);
        ++count;
        const auto made =
            co_await download(web.get(server.url("/x")), into(folder).retry(quick().statuses(500)));
        CHECK(made.attempts == 2);
    });
}

TEST_CASE("where the policy says all errors, a download asks again after each that has come of the server") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto whole = answer_to(*request, file);
            const int number = count++;
            if (number == 0) talk.send(reply("", "", "404 Not Found"));
            if (number == 1) talk.send(reply("", "Location: ftp://there/\r\n", "302 Found"));
            if (number == 2) talk.send("nonsense\r\n\r\n");
            if (number == 3) talk.send(std::string_view(whole).substr(0, whole.size() - 1'000));
            if (number == 4) talk.send(reply("", "", "403 Forbidden"));
            if (number == 5) talk.send(whole);
            if (number == 2 || number == 3) return talk.finish();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto made =
            co_await download(web.get(server.url("/x")), into(folder).retry(quick().all_errors()));
        CHECK(made.attempts == 6);
    });
    CHECK(field_of(server.requests().at(5), "Range") == "bytes=4000-");
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE(
    "not even then is a download tried again that went wrong on this side, or is not what it should be") {
    test::temp_folder folder;
    folder.write("there", "before");
    scripted_server server(serving(served_file{content(5'000)}));
    in_loop([&]() -> task<> {
        client web;
        const auto all = into(folder).retry(quick().all_errors());
        const auto get = [&](const download_options& how) {
            return download(web.get(server.url("/x")), how);
        };
        co_await failure_of<file_error>(get(download_options(all).folder("/dev/null/no")));
        co_await failure_of<file_exists>(get(download_options(all).file("there")));
        co_await failure_of<body_too_large>(get(download_options(all).max_size(4'999)));
        co_await failure_of<checksum_error>(
            get(download_options(all).checksum(checksum("md5:" + std::string(32, 'a')))));
        CHECK(web.statistics().retried == 0);
    });
    CHECK(server.requests().size() == 2);
}

TEST_CASE("no attempt begins later than the policy has any, not even where each brings more") {
    test::temp_folder folder;
    const bool asks = GENERATE(false, true);
    scripted_server server(
        serving(served_file{content(50'000)}, std::vector<std::optional<std::size_t>>(40, 1'000)));
    scripted_server busy(
        test::answering([](const std::string&) { return reply("", "Retry-After: 12\r\n", "503 Busy"); }));
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        const auto how = into(folder).retry(http_retry().pause(4s).jitter(0).no_budget().give_up_after(20s));
        if (asks)
            co_await failure_of<status_error>(download(web.get(busy.url("/x")), how));
        else
            co_await failure_of<truncated_error>(download(web.get(server.url("/x")), how));
    });
    CHECK(passed == (asks ? 12s : 20s));
    CHECK(server.requests().size() + busy.requests().size() == (asks ? 2u : 6u));
}

TEST_CASE("a pause is as long as the server asks for") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    std::atomic<int> count{0};
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request())
            talk.send(count++ == 0 ? reply("", "Retry-After: 7\r\n", "503 Busy") : answer_to(*request, file));
    });
    std::vector<std::string> causes;
    const auto passed = in_pausing_time([&]() -> task<> {
        client web;
        auto how = into(folder).on_progress([&](const download_progress& so_far) {
            if (so_far.now == download_progress::state::waiting) causes.emplace_back(so_far.cause);
        });
        co_await download(web.get(server.url("/x")), how);
    });
    CHECK(passed == 7s);
    CHECK(causes == names{"503 Busy"});
}

TEST_CASE("where no retries are wanted there are none") {
    test::temp_folder folder;
    const auto how = GENERATE(0, 1);
    scripted_server server(serving(served_file{content(5'000)}, {2'000}));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        auto options = into(folder);
        if (how == 0) options.no_retry();
        if (how == 1) options.retry(quick().attempts(1));
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), options));
    });
    CHECK(server.requests().size() == 1);
}

TEST_CASE("save_to with resume asks again as the request's own policy says") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    scripted_server server(serving(file, {2'000, 1'000}));
    in_loop([&]() -> task<> {
        client web(client_options().retry(quick()));
        co_await web.get(server.url("/x")).resume().save_to(folder.path());
    });
    CHECK(server.requests().size() == 3);
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("a host's budget of retries holds for downloads") {
    test::temp_folder folder;
    scripted_server server(
        serving(served_file{content(50'000)}, std::vector<std::optional<std::size_t>>(40, 1'000)));
    in_loop([&]() -> task<> {
        client web;
        const auto policy = http_retry().pause(0ms).budget(3, 0);
        co_await failure_of<truncated_error>(download(web.get(server.url("/x")), into(folder).retry(policy)));
        CHECK(web.statistics().retries_withheld == 1);
    });
    CHECK(server.requests().size() == 4);
}

TEST_CASE("the total time-out holds for all attempts together, and the part stays") {
    test::temp_folder folder;
    std::atomic<int> count{0};
    const served_file file{content(5'000)};
    test::told_time time;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            if (count++ > 0) {
                time.pass(50ms);
                return talk.wait_for_close();
            }
            const auto whole = answer_to(*request, file);
            talk.send(std::string_view(whole).substr(0, whole.find("\r\n\r\n") + 4 + 2'000));
            return talk.finish();
        }
    });
    test::in_told_time(time, [&]() -> task<> {
        client web;
        const auto how = into(folder).retry(quick().pause(0ms));
        const auto error =
            co_await failure_of<timeout_error>(download(web.get(server.url("/x")).total_timeout(50ms), how));
        CHECK(error.which() == time_limit::total);
    });
    CHECK(count == 2);
    CHECK(files_below(folder.path()) == names{"x.part", "x.part.tandem"});
}

TEST_CASE("a mirror is asked where the first place fails for good") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    scripted_server bad(test::answering([](const std::string&) { return reply("", "", "404 Not Found"); }));
    scripted_server good(serving(file));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(
            web.get(bad.url("/x")).header("Authorization", "secret").header("Accept", "a/b"),
            into(folder).mirror(good.url("/other")));
        CHECK(made.source.to_string() == good.url("/other"));
        CHECK(made.path.string() == folder / "x");
    });
    CHECK(field_of(good.requests().at(0), "Authorization").empty());
    CHECK(field_of(good.requests().at(0), "Accept") == "a/b");
    CHECK((read_file(folder / "x") == file.body));
}

TEST_CASE("bytes of two mirrors are not joined without a checksum") {
    test::temp_folder folder;
    const served_file file{content(5'000)};
    scripted_server bad(serving(file, std::vector<std::optional<std::size_t>>{2'000, 0, 0, 0, 0, 0}));
    scripted_server good(serving(served_file{content(5'000, 2)}));
    in_loop([&]() -> task<> {
        client web;
        const auto made = co_await download(web.get(bad.url("/x")), into(folder).mirror(good.url("/x")));
        CHECK(made.received == 7'000);
    });
    CHECK(field_of(good.requests().at(0), "Range").empty());
    CHECK((read_file(folder / "x") == content(5'000, 2)));
}
