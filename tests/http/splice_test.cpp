// Long bodies over TCP, which the kernel moves to their files: everything is to be as on the way through
// memory.
#include <catch2/catch.hpp>

#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/cancel_at_each_moment.hpp"
#include "support/certificates.hpp"
#include "support/encoded.hpp"
#include "support/largest_file.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"
#include "support/written_bytes.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::answering;
using test::conversation;
using test::failure_of;
using test::files_below;
using test::has_all;
using test::in_loop;
using test::largest_file;
using test::read_file;
using test::reply;
using test::scripted_server;
using test::written_so_far;
using names = std::vector<std::string>;

namespace {

constexpr std::size_t long_size = 3'000'000;

/// No two of its parts are alike, and none that another `seed` makes.
std::string long_body(std::size_t seed = 0, std::size_t size = long_size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>((i * 31 + seed * 7919) >> 7);
    return bytes;
}

std::string head_for(std::size_t size) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

/// Sends the beginning of a long body, more than is read with the header, and then nothing.
void begin_and_stop(conversation& talk) {
    talk.request();
    talk.send(head_for(long_size) + long_body(0, 1'000'000));
    talk.wait_for_close();
}

/// Leaves this process `count` descriptors that it can open for as long as it lives.
class spare_descriptors {
  public:
    explicit spare_descriptors(int count) {
        getrlimit(RLIMIT_NOFILE, &before_);
        int last = -1;
        std::vector<int> taken;
        for (int i = 0; i < count; ++i)
            taken.push_back(last = ::dup(STDIN_FILENO));
        for (const int each : taken)
            ::close(each);
        const rlimit small{static_cast<rlim_t>(last + 1), before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &small);
    }
    spare_descriptors(const spare_descriptors&) = delete;
    spare_descriptors& operator=(const spare_descriptors&) = delete;
    ~spare_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

/// The descriptor of the part file that is open below `folder`; -1 where there is none.
int part_descriptor(const std::string& folder) {
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(each.path(), gone).string();
        if (target.starts_with(folder) && target.find(".part-") != target.npos)
            return std::stoi(each.path().filename());
    }
    return -1;
}

} // namespace

TEST_CASE("a long body goes to its file inside the kernel, byte for byte, whatever says where it ends") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto target = test::target_of(*request);
            if (target == "/length") talk.send(head_for(bytes.size()) + bytes);
            if (target == "/chunk") {
                char line[20];
                std::snprintf(line, sizeof line, "%zx\r\n", bytes.size());
                talk.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (line + bytes) +
                          "\r\n0\r\n\r\n");
            }
            if (target == "/close") {
                talk.send("HTTP/1.1 200 OK\r\n\r\n" + bytes);
                return talk.finish();
            }
        }
    });
    in_loop([&]() -> task<> {
        client web;
        for (const std::string name : {"length", "chunk", "close"}) {
            INFO(name);
            const auto before = written_so_far();
            const auto saved = co_await web.get(server.url("/" + name)).save_to(folder.path());
            CHECK(saved.bytes == bytes.size());
            CHECK(written_so_far() - before < bytes.size() / 4);
            CHECK((read_file(folder / name) == bytes));
        }
        CHECK(web.statistics().connections_opened == 1);
    });
    CHECK(files_below(folder.path()) == names{"chunk", "close", "length"});
}

TEST_CASE("what has come with the header is written before what the kernel moves") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(head_for(bytes.size()) + bytes.substr(0, 3000));
        std::this_thread::sleep_for(20ms);
        talk.send_in_pieces(std::string_view(bytes).substr(3000), 100'001);
    });
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/file")).save_to(folder.path());
    });
    CHECK((read_file(folder / "file") == bytes));
}

TEST_CASE("a connection whose body was moved serves the next request, and what follows a body is not in it") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    scripted_server server(answering(
        [&](const std::string& target) { return target == "/file" ? reply(bytes) : reply("and then"); }));
    in_loop([&]() -> task<> {
        client web;
        for (int i = 0; i < 3; ++i) {
            co_await web.get(server.url("/file")).save_to(folder.path());
            const auto text = co_await web.get(server.url("/text")).text();
            CHECK(text == "and then");
        }
        CHECK(web.statistics().connections_opened == 1);
    });
    CHECK((read_file(folder / "file") == bytes));
}

TEST_CASE("many long bodies at a time are moved each to its own file") {
    test::temp_folder folder;
    scripted_server server([&](conversation& talk) {
        while (const auto request = talk.request()) {
            const auto seed = static_cast<std::size_t>(test::target_of(*request).back());
            talk.send(head_for(long_size));
            talk.send_in_pieces(long_body(seed), 77'777);
        }
    });
    in_loop([&]() -> task<> {
        client web;
        const auto fetch = [&](std::string target) -> task<> {
            co_await web.get(server.url(target)).save_to(folder.path());
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            for (const char* target : {"/a", "/b", "/c", "/d", "/e", "/f"})
                group.spawn(fetch(target));
            co_return;
        };
        co_await tandem::with_group(body);
    });
    for (const std::string name : {"a", "b", "c", "d", "e", "f"})
        CHECK((read_file(folder / name) == long_body(static_cast<std::size_t>(name[0]))));
}

TEST_CASE("a long body that ends too early is an error in the usual words, and leaves no file") {
    test::temp_folder folder;
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(head_for(long_size) + long_body(0, 1'000'000));
        talk.finish();
    });
    in_loop([&]() -> task<> {
        client web;
        auto error = co_await failure_of<truncated_error>(web.get(server.url("/x")).save_to(folder.path()));
        CHECK(error.cause() ==
              "the body is too short: the connection was closed after 1000000 of 3000000 bytes");
        CHECK(web.statistics().active == 0);
        CHECK(web.statistics().idle == 0);
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a reset in a long body is an error in the usual words, and leaves no file") {
    test::temp_folder folder;
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(head_for(long_size) + long_body(0, 1'000'000));
        go_on.wait(false);
        talk.reset();
    });
    in_loop([&]() -> task<> {
        client web;
        const auto reset_when_all_is_there = [&]() -> task<> {
            while (files_below(folder.path()).empty() ||
                   std::filesystem::file_size(folder / files_below(folder.path()).at(0)) < 1'000'000)
                co_await tandem::sleep(1ms);
            go_on = true;
            go_on.notify_all();
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(reset_when_all_is_there());
            auto error =
                co_await failure_of<truncated_error>(web.get(server.url("/x")).save_to(folder.path()));
            CHECK(error.cause() ==
                  "the body is too short: the connection was closed after 1000000 of 3000000 bytes");
        };
        co_await tandem::with_group(body);
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a disk that fills up under a long body is an error that names the file, and spoils no other") {
    test::temp_folder folder;
    scripted_server server(answering(
        [](const std::string& target) { return reply(long_body(static_cast<std::size_t>(target.back()))); }));
    in_loop([&]() -> task<> {
        client web;
        {
            const largest_file limit(long_size / 2);
            auto error = co_await failure_of<file_error>(web.get(server.url("/a")).save_to(folder.path()));
            CHECK(error.code() == EFBIG);
            CHECK(error.cause() == folder / "a" + ": File too large");
            CHECK(web.statistics().idle == 0);
        }
        CHECK(files_below(folder.path()).empty());
        // Nothing of the one is left on the way of the other.
        co_await web.get(server.url("/b")).save_to(folder.path());
    });
    CHECK(files_below(folder.path()) == names{"b"});
    CHECK((read_file(folder / "b") == long_body('b')));
}

TEST_CASE("a long body obeys the time limits, each of which says that it was the one") {
    test::temp_folder folder;
    scripted_server server(begin_and_stop);
    in_loop([&]() -> task<> {
        client web;
        auto asked = web.get(server.url("/x")).first_byte_timeout(10s).read_timeout(50ms);
        auto silent = asked.save_to(folder.path());
        auto error = co_await failure_of<timeout_error>(std::move(silent));
        CHECK(error.which() == time_limit::read);
        auto endless = web.get(server.url("/x")).total_timeout(50ms).save_to(folder.path());
        error = co_await failure_of<timeout_error>(std::move(endless));
        CHECK(error.which() == time_limit::total);
        auto slow = web.get(server.url("/x")).low_speed_limit(10'000'000'000, 50ms).save_to(folder.path());
        error = co_await failure_of<timeout_error>(std::move(slow));
        CHECK(error.which() == time_limit::low_speed);
        CHECK(web.statistics().active == 0);
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a long body that drips runs into the low-speed time-out") {
    test::temp_folder folder;
    scripted_server server([](conversation& talk) {
        talk.request();
        talk.send(head_for(long_size));
        while (talk.send("x"))
            std::this_thread::sleep_for(1ms);
    });
    in_loop([&]() -> task<> {
        client web(client_options().low_speed_limit(1'000'000, 50ms));
        auto error = co_await failure_of<timeout_error>(web.get(server.url("/x")).save_to(folder.path()));
        CHECK(error.which() == time_limit::low_speed);
    });
    CHECK(files_below(folder.path()).empty());
}

TEST_CASE("a long body stops at the limit on bodies, whether or not it says its length") {
    test::temp_folder folder;
    scripted_server server([](conversation& talk) {
        while (const auto request = talk.request()) {
            if (test::target_of(*request) == "/length") {
                talk.send(head_for(long_size) + long_body());
                continue;
            }
            talk.send("HTTP/1.1 200 OK\r\n\r\n" + long_body());
            return talk.finish();
        }
    });
    in_loop([&]() -> task<> {
        client web;
        for (const char* target : {"/length", "/close"}) {
            INFO(target);
            auto work = web.get(server.url(target)).max_body(long_size - 1).save_to(folder / "refused");
            auto error = co_await failure_of<body_too_large>(std::move(work));
            CHECK(error.cause() == "the body is larger than 2999999 bytes");
            CHECK(files_below(folder / "refused").empty());
            co_await web.get(server.url(target)).max_body(long_size).save_to(folder / "kept");
        }
    });
    CHECK(files_below(folder.path()) == names{"kept/close", "kept/length"});
}

TEST_CASE("a long body cancelled at any moment leaves no file and no descriptor, and the client sound") {
    const std::string bytes = long_body(0, 150'000);
    test::temp_folder folder;
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        scripted_server server(answering([&](const std::string&) { return reply(bytes); }));
        client web;
        const auto fetch = [&]() -> task<> { co_await web.get(server.url("/file")).save_to(folder / "in"); };
        const bool ended = co_await target.run(fetch());
        CHECK(files_below(folder / "in") == (ended ? names{"file"} : names()));
        CHECK(web.statistics().active == 0);
        co_await fetch();
        CHECK((read_file(folder / "in/file") == bytes));
        std::filesystem::remove_all(folder / "in");
    });
}

TEST_CASE("a long body that has to be decoded, or decrypted, goes through memory as ever") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    const auto answer = [&](const std::string& target) {
        return target == "/coded" ? reply(test::gzip(bytes), "Content-Encoding: gzip\r\n") : reply(bytes);
    };
    const test::certificate_authority authority;
    scripted_server plain(answering(answer));
    scripted_server secure(answering(answer), authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()));
        auto before = written_so_far();
        co_await web.get(plain.url("/coded")).decode(true).save_to(folder.path());
        CHECK(written_so_far() - before >= bytes.size());
        before = written_so_far();
        co_await web.get(secure.url("/secret", "localhost")).save_to(folder.path());
        CHECK(written_so_far() - before >= bytes.size());
    });
    CHECK((read_file(folder / "coded") == bytes));
    CHECK((read_file(folder / "secret") == bytes));
}

TEST_CASE("a long body is written in the usual way to a file that the kernel moves nothing to") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    std::atomic<bool> go_on{false};
    scripted_server server([&](conversation& talk) {
        talk.request();
        talk.send(head_for(bytes.size()) + bytes.substr(0, 100));
        go_on.wait(false);
        talk.send(std::string_view(bytes).substr(100));
    });
    in_loop([&]() -> task<> {
        client web;
        const auto forbid = [&]() -> task<> {
            int part = -1;
            while ((part = part_descriptor(folder.path())) < 0)
                co_await tandem::sleep(1ms);
            // splice(2) refuses files in this mode, as it does those of some file systems.
            CHECK(::fcntl(part, F_SETFL, O_APPEND) == 0);
            go_on = true;
            go_on.notify_all();
        };
        const auto body = [&](tandem::task_group& group) -> task<> {
            group.spawn(forbid());
            const auto before = written_so_far();
            co_await web.get(server.url("/file")).save_to(folder.path());
            CHECK(written_so_far() - before >= bytes.size() - 100);
        };
        co_await tandem::with_group(body);
    });
    CHECK((read_file(folder / "file") == bytes));
}

#ifndef __SANITIZE_ADDRESS__
// UndefinedBehaviorSanitizer looks at an object's type through a pipe, for which there is no descriptor.
TEST_CASE("a long body is read where there are no descriptors for a pipe") {
    test::temp_folder folder;
    const std::string bytes = long_body();
    scripted_server server(answering(
        [&](const std::string& target) { return target == "/file" ? reply(bytes) : reply("connected"); }));
    in_loop([&]() -> task<> {
        client web;
        co_await web.get(server.url("/first")).text();
        const auto before = written_so_far();
        {
            const spare_descriptors only_for_the_file(1);
            co_await web.get(server.url("/file")).save_to(folder.path());
        }
        CHECK(written_so_far() - before >= bytes.size());
        CHECK(web.statistics().connections_opened == 1);
    });
    CHECK((read_file(folder / "file") == bytes));
}
#endif
