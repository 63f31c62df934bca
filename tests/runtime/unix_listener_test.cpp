#include <tandem/io/unix_listener.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "support/stream_contract.hpp"
#include "support/temp_folder.hpp"

using tandem::block_on;
using tandem::task;
using tandem::unix_address;
using tandem::unix_listen_options;
using tandem::unix_listener;
using tandem::unix_stream;

namespace {

/// What `listen` has to say, with the code it has.
std::string refusal(const std::string& path, const unix_listen_options& options = {}) {
    try {
        unix_listener::listen(path, options);
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::address_in_use);
        return error.what();
    }
    return "none";
}

/// Leaves the file of a socket behind at which nobody listens, as a process does that is killed.
void leave_stale_socket(const std::string& path) {
    auto door = unix_listener::listen(path);
    // The file has another name for as long as the listener looks for it.
    std::filesystem::rename(path, path + ".kept");
    door.close();
    std::filesystem::rename(path + ".kept", path);
}

} // namespace

TEST_CASE("a Unix listener takes connections at a path, and removes the socket's file at its end") {
    const test::temp_folder folder;
    const std::string path = (folder.path() / "socket").string();
    const auto all = [&]() -> task<> {
        auto door = unix_listener::listen(path);
        CHECK(door.local() == unix_address(path));
        auto client = co_await unix_stream::connect(path);
        auto accepted = co_await door.accept();
        CHECK(accepted.peer().pid == ::getpid());
        CHECK(client.peer().uid == ::getuid());
        co_await client.write("hello");
        client.close();
        const std::string text = co_await test::read_all(accepted);
        CHECK(text == "hello");
        CHECK(std::filesystem::exists(path));
        door.close();
        CHECK_FALSE(std::filesystem::exists(path));
        door.close();
        const auto late = co_await test::failure_code(door.accept());
        CHECK(late == std::errc::bad_file_descriptor);
    };
    block_on(all());
}

TEST_CASE("a Unix listener takes connections at an abstract name, which leaves no file") {
    const auto all = []() -> task<> {
        const auto name =
            unix_address::abstract("tandem-test-" + std::to_string(::getpid()) + std::string("\0x", 2));
        auto door = unix_listener::listen(name);
        auto client = co_await unix_stream::connect(name);
        auto accepted = co_await door.accept();
        co_await accepted.write("hello");
        accepted.close();
        const std::string text = co_await test::read_all(client);
        CHECK(text == "hello");
        auto again = co_await tandem::as_result([](unix_address at) -> task<> {
            unix_listener::listen(at);
            co_return;
        }(name));
        CHECK_THROWS_WITH(again.value(), Catch::Contains("another socket has that name"));
    };
    block_on(all());
}

TEST_CASE("the file of a socket at which nobody listens any more is replaced, or said to be in the way") {
    const test::temp_folder folder;
    const std::string path = (folder.path() / "socket").string();
    leave_stale_socket(path);
    REQUIRE(std::filesystem::exists(path));
    CHECK(refusal(path, unix_listen_options().remove_stale(false)) ==
          "listening at " + path +
              ": there is the file of a socket at which nobody listens any more; remove it: Address already "
              "in use");
    auto door = unix_listener::listen(path);
    CHECK(refusal(path) ==
          "listening at " + path + ": another process listens there: Address already in use");
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("a file that is no socket is left alone") {
    const test::temp_folder folder;
    const std::string path = (folder.path() / "letters").string();
    std::ofstream(path) << "dear reader";
    CHECK(refusal(path) ==
          "listening at " + path + ": there is a file that is not a socket: Address already in use");
    CHECK(std::filesystem::file_size(path) == 11);
}

TEST_CASE("a listener does not remove the file of the one that has replaced it") {
    const test::temp_folder folder;
    const std::string path = (folder.path() / "socket").string();
    auto first = unix_listener::listen(path);
    std::filesystem::remove(path);
    auto second = unix_listener::listen(path);
    first.close();
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("the permissions of a socket are those that were asked for") {
    const test::temp_folder folder;
    const std::string path = (folder.path() / "socket").string();
    auto door = unix_listener::listen(path, unix_listen_options().permissions(0600));
    struct stat file {};
    REQUIRE(::stat(path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
}

TEST_CASE("wherever a Unix accept is cancelled, the connection is had by the next one") {
    const auto name = unix_address::abstract("tandem-test-accept-" + std::to_string(::getpid()));
    test::cancel_at_each_moment([&](test::victim& target) -> task<> {
        auto door = unix_listener::listen(name);
        int accepted = 0;
        const auto accept = [&]() -> task<> {
            for (; accepted < 5; ++accepted)
                auto next = co_await door.accept();
        };
        const auto accept_all = [&]() -> task<> {
            co_await target.run(accept());
            co_await accept();
        };
        std::vector<unix_stream> clients;
        const auto connect = [&]() -> task<> {
            for (int i = 0; i < 5; ++i) {
                clients.push_back(co_await unix_stream::connect(name));
                co_await tandem::yield();
            }
        };
        co_await tandem::gather(accept_all(), connect());
        CHECK(accepted == 5);
    });
}
