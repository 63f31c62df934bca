// The socket at which a process lets itself be observed: who can reach it, and what becomes of it.
#include <catch2/catch.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "support/log_capture.hpp"
#include "support/observed_process.hpp"
#include <tandem/base/error.hpp>
#include <tandem/coro/sleep.hpp>
#include <tandem/observe/observer.hpp>
#include <tandem/threads/block_on.hpp>

namespace fs = std::filesystem;
using Catch::Contains;
using test::look_into;
using test::observed_process;

namespace {

const std::vector<std::string> observe = {"TANDEM_OBSERVE=1"};

unsigned mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

/// Sends `question` to a socket and returns all that comes back.
std::string talk(const std::string& path, const std::string& question) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    const int connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const ssize_t sent = ::send(connection, question.data(), question.size(), MSG_NOSIGNAL);
    // Who is refused is answered, and hung up on, without having asked.
    REQUIRE((sent == static_cast<ssize_t>(question.size()) || (sent < 0 && errno == EPIPE)));
    ::shutdown(connection, SHUT_WR);
    std::string answer;
    char bytes[4096];
    for (ssize_t n; (n = ::recv(connection, bytes, sizeof bytes, 0)) > 0;)
        answer.append(bytes, static_cast<std::size_t>(n));
    ::close(connection);
    return answer;
}

/// Runs the program to its end in `prepared` surroundings; its stderr.
template <class Prepare> std::string errors_after(Prepare prepare) {
    const test::temp_folder folder;
    prepare(folder.path());
    test::child_options options;
    options.environment = {"TANDEM_OBSERVE=1", "XDG_RUNTIME_DIR=" + folder.path().string()};
    const auto ended = test::run({test::program("observed"), "waiting"}, options);
    CHECK(ended.status == 0);
    return ended.errors;
}

} // namespace

TEST_CASE("a process that may be observed has a socket that only its user can reach, until it ends") {
    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    CHECK(mode_of(other.socket_folder()) == 0700);
    CHECK((mode_of(other.socket()) & 0777) == 0600);
    CHECK(other.end() == 0);
    CHECK_FALSE(fs::exists(other.socket()));
    CHECK(other.program().errors().empty());
}

TEST_CASE("a process that may not be observed has no socket") {
    for (const char* environment : {"TANDEM_OBSERVE=0", "TANDEM_OBSERVE="}) {
        observed_process other("waiting", {environment});
        other.program().wait_for_output("ready");
        CHECK_FALSE(fs::exists(other.socket_folder()));
    }
    observed_process switched_off("observable", {"TANDEM_OBSERVE=0"});
    switched_off.program().wait_for_output("ready");
    CHECK_FALSE(fs::exists(switched_off.socket_folder()));
}

TEST_CASE("without a folder of the user's own the socket is in one below /tmp") {
    observed_process other("waiting", {"TANDEM_OBSERVE=1", "XDG_RUNTIME_DIR=/nowhere"});
    other.program().wait_for_output("ready");
    const std::string in_tmp =
        "/tmp/tandem-" + std::to_string(::geteuid()) + '/' + std::to_string(other.pid()) + ".sock";
    REQUIRE(fs::exists(in_tmp));
    CHECK((mode_of(in_tmp) & 0777) == 0600);
    CHECK(look_into(other, {std::to_string(other.pid())}).status == 0);
    CHECK(other.end() == 0);
    CHECK_FALSE(fs::exists(in_tmp));
}

TEST_CASE("a folder in which somebody may lie in wait is not used, and the log says so") {
    CHECK_THAT(errors_after([](const fs::path& folder) {
                   fs::create_directory(folder / "tandem");
                   fs::permissions(folder / "tandem", fs::perms(0755));
               }),
               Contains("nobody can observe this process: ") && Contains("is open to other users"));
    CHECK_THAT(errors_after([](const fs::path& folder) {
                   fs::create_directory(folder / "elsewhere");
                   fs::permissions(folder / "elsewhere", fs::perms(0700));
                   fs::create_directory_symlink(folder / "elsewhere", folder / "tandem");
               }),
               Contains("nobody can observe this process: ") && Contains("is no folder"));
    CHECK_THAT(errors_after([](const fs::path& folder) { std::ofstream(folder / "tandem") << "x"; }),
               Contains("is no folder"));
    if (::geteuid() != 0) return; // only root can give folders away
    CHECK_THAT(errors_after([](const fs::path& folder) {
                   fs::create_directory(folder / "tandem");
                   fs::permissions(folder / "tandem", fs::perms(0700));
                   REQUIRE(::chown((folder / "tandem").c_str(), 65534, 65534) == 0);
               }),
               Contains("belongs to another user"));
}

TEST_CASE("sockets that dead processes left are removed, and no others") {
    std::string errors = errors_after([](const fs::path& folder) {
        fs::create_directory(folder / "tandem");
        fs::permissions(folder / "tandem", fs::perms(0700));
        std::ofstream(folder / "tandem" / "notes.txt") << "x";
    });
    CHECK(errors.empty());

    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    const fs::path folder = other.socket_folder();
    const fs::path dead = folder / "2147483646.sock";
    const fs::path alive = folder / (std::to_string(::getpid()) + ".sock");
    for (const fs::path& each : {dead, alive, folder / "notes.sock", folder / "7.txt"})
        std::ofstream(each) << "x";
    test::child_options options;
    options.environment = {"TANDEM_OBSERVE=1", "XDG_RUNTIME_DIR=" + other.runtime_folder()};
    CHECK(test::run({test::program("observed"), "waiting"}, options).status == 0);
    CHECK_FALSE(fs::exists(dead));
    CHECK(fs::exists(alive));
    CHECK(fs::exists(folder / "notes.sock"));
    CHECK(fs::exists(folder / "7.txt"));
    CHECK(fs::exists(other.socket()));
}

TEST_CASE("an observer answers what it knows, refuses the rest, and survives who says nothing") {
    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    CHECK_THAT(talk(other.socket(), "tasks\n"), Catch::StartsWith("ok ") && Contains("example.org"));
    CHECK_THAT(talk(other.socket(), "what\n"),
               Catch::StartsWith("no ") && Contains("it does not know what is meant by 'what'"));
    CHECK_THAT(talk(other.socket(), ""), Catch::StartsWith("no "));
    CHECK(talk(other.socket(), std::string(100'000, 'x')).empty());
    // The loop publishes its figures when it first waits, which may be after its program has said that it is
    // ready.
    const std::string tasks = "tandem_loop_tasks{loop=\"0\"} 3\n";
    std::string figures = talk(other.socket(), "metrics\n");
    for (int i = 0; i < 1000 && figures.find(tasks) == std::string::npos; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        figures = talk(other.socket(), "metrics\n");
    }
    CHECK_THAT(figures, Contains(tasks));
    CHECK(other.end() == 0);
}

TEST_CASE("an observer refuses another user who gets as far as its socket") {
    if (::geteuid() != 0) {
        WARN("only root can be two users");
        return;
    }
    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    for (const std::string& each : {other.runtime_folder(), other.socket_folder(), other.socket()})
        fs::permissions(each, fs::perms(0777));
    REQUIRE(::seteuid(65534) == 0);
    const std::string answer = talk(other.socket(), "tasks\n");
    REQUIRE(::seteuid(0) == 0);
    CHECK_THAT(answer, Catch::StartsWith("no ") && Contains("it answers its own user and root only"));
}

TEST_CASE("a process has one observer, and may have another after it") {
    for (int i = 0; i < 2; ++i) {
        const tandem::observer only;
        CHECK_THROWS_AS(tandem::observer(), tandem::usage_error);
    }
}

TEST_CASE("an observer watches the loops of several threads that come and go") {
    test::log_capture log_of;
    const tandem::observer watching(tandem::observer_options().debug().slow_step(std::chrono::hours(1)));
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([] {
            for (int round = 0; round < 20; ++round) {
                auto main = []() -> tandem::task<> {
                    for (int step = 0; step < 50; ++step)
                        co_await tandem::yield();
                };
                tandem::block_on(main());
            }
        });
    for (auto& each : all)
        each.join();
    CHECK(log_of.records().empty());
}
