// tandem-ps, as its user runs it.
#include <catch2/catch.hpp>

#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/observed_process.hpp"

using Catch::Contains;
using test::look_into;
using test::observed_process;

namespace {

const std::vector<std::string> observe = {"TANDEM_OBSERVE=1"};

} // namespace

TEST_CASE("tandem-ps prints the tasks of another process, with the file and line of each await") {
    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    const auto seen = look_into(other, {std::to_string(other.pid())});
    CHECK(seen.status == 0);
    CHECK(seen.errors.empty());
    const std::string& text = seen.output;
    INFO(text);
    CHECK_THAT(text, Contains("3 tasks"));
    CHECK_THAT(text, Contains("main ("));
    CHECK_THAT(text, Contains("example.org (") && Contains("example.com (") && Contains("waiting for "));
    CHECK_THAT(text, Contains(other.at("outer")) && Contains(other.at("inner")));
    CHECK(text.find(other.at("outer")) < text.find(other.at("inner")));
    CHECK(other.end() == 0);
}

TEST_CASE("tandem-ps sees a process whose loop is stuck in a step, and who holds it") {
    observed_process other("stuck", observe);
    other.program().wait_for_output("ready");
    const auto seen = look_into(other, {std::to_string(other.pid())});
    CHECK(seen.status == 0);
    INFO(seen.output);
    CHECK_THAT(seen.output, Contains(", running"));
    CHECK_THAT(seen.output, Contains(other.at("held")));
    CHECK_THAT(seen.output, Contains("example.org (") && Contains(other.at("inner")));
    const auto figures = look_into(other, {"--metrics", std::to_string(other.pid())});
    CHECK(figures.status == 0);
    CHECK_THAT(figures.output, Contains("\ntandem_loop_tasks{loop=\"0\"} "));
    CHECK_THAT(figures.output, !Contains("\ntandem_loop_held_seconds{loop=\"0\"} 0\n"));
    CHECK(other.end() == 0);
}

TEST_CASE("tandem-ps prints metrics as text for Prometheus") {
    observed_process other("observable");
    other.program().wait_for_output("ready");
    const auto seen = look_into(other, {std::to_string(other.pid()), "--metrics"});
    CHECK(seen.status == 0);
    INFO(seen.output);
    CHECK_THAT(seen.output, Contains("# TYPE tandem_loop_steps_total counter\n"));
    CHECK_THAT(seen.output, Contains("tandem_loop_turn_seconds_bucket{loop=\"0\",le=\"+Inf\"} "));
    CHECK(other.end() == 0);
}

TEST_CASE("tandem-ps lists the processes that let themselves be observed") {
    observed_process other("waiting", observe);
    observed_process private_one("waiting");
    other.program().wait_for_output("ready");
    private_one.program().wait_for_output("ready");
    const auto seen = look_into(other, {});
    CHECK(seen.status == 0);
    CHECK_THAT(seen.output, Contains(std::to_string(other.pid()) + " observed\n"));
    CHECK_THAT(seen.output, !Contains(std::to_string(private_one.pid()) + " observed\n"));
}

TEST_CASE("tandem-ps says why it cannot look into a process") {
    observed_process other("waiting");
    other.program().wait_for_output("ready");
    const auto check = [&](std::vector<std::string> arguments, int status, const std::string& error) {
        const auto ended = look_into(other, std::move(arguments));
        INFO(ended.errors);
        CHECK(ended.status == status);
        CHECK(ended.output.empty());
        CHECK_THAT(ended.errors, Catch::StartsWith("tandem-ps: " + error));
    };
    const std::string pid = std::to_string(other.pid());
    check({pid}, 1,
          "process " + pid + " does not let itself be observed: it has to be a program of Tandem's");
    check({"2147483647"}, 1, "there is no process 2147483647\n");
    check({"0"}, 2, "'0' is no process id");
    check({"-1"}, 2, "there is no option -1");
    check({"12x"}, 2, "'12x' is no process id");
    check({"1", "2"}, 2, "one process at a time");
    check({"--metrics"}, 2, "of which process?");
    check({"--verbose", pid}, 2, "there is no option --verbose");
    CHECK(look_into(other, {"--help"}).status == 0);
}

TEST_CASE("tandem-ps does not believe a process that listens in another's name") {
    observed_process other("waiting");
    other.program().wait_for_output("ready");
    std::filesystem::create_directory(other.socket_folder());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = other.socket();
    REQUIRE(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    const int impostor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(impostor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(impostor, 4) == 0);
    const auto seen = look_into(other, {std::to_string(other.pid())});
    ::close(impostor);
    CHECK(seen.status == 1);
    CHECK_THAT(seen.errors, Contains("does not let itself be observed"));
}

TEST_CASE("tandem-ps looks into a process of its own user only, unless it is root's") {
    if (::geteuid() != 0 || !std::filesystem::exists("/usr/bin/setpriv")) {
        WARN("only root can be two users");
        return;
    }
    observed_process other("waiting", observe);
    other.program().wait_for_output("ready");
    std::filesystem::permissions(other.runtime_folder(), std::filesystem::perms::all);
    const auto seen = test::run({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                                 test::program("tandem-ps"), std::to_string(other.pid())});
    INFO(seen.errors);
    CHECK(seen.status == 1);
    CHECK(seen.output.empty());
    CHECK_THAT(seen.errors, Contains("belongs to user 0: only that user and root can look into it"));
}
