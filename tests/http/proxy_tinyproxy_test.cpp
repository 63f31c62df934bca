#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace tandem::http;
using tandem::task;
using test::echo_target;
using test::failure_of;
using test::has_all;
using test::in_loop;
using test::scripted_server;

namespace {

/// A port that was free a moment ago.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(socket, generic, size) == 0);
    REQUIRE(::getsockname(socket, generic, &size) == 0);
    ::close(socket);
    return ntohs(address.sin_port);
}

/// tinyproxy, on a port of its own on 127.0.0.1.
class tinyproxy {
  public:
    explicit tinyproxy(const std::string& more = "")
        : port_(free_port())
        , process_({"/usr/bin/tinyproxy", "-d", "-c", settings(more)}) {
        process_.wait_for_output("Accepting connections");
    }

    std::string url(const std::string& login = "") const {
        return "http://" + (login.empty() ? "" : login + "@") + "127.0.0.1:" + std::to_string(port_);
    }

  private:
    std::string settings(const std::string& more) const {
        std::string text = "Port " + std::to_string(port_) + "\nListen 127.0.0.1\nAllow 127.0.0.1\n" +
                           "LogLevel Info\nTimeout 60\nMaxClients 50\n" + more;
        if (::geteuid() == 0) text += "User nobody\nGroup nogroup\n";
        return folder_.write("tinyproxy.conf", text);
    }

    test::temp_folder folder_;
    std::uint16_t port_;
    test::child_process process_;
};

} // namespace

TEST_CASE("tinyproxy passes requests on and makes tunnels") {
    test::certificate_authority authority;
    scripted_server plain(echo_target());
    scripted_server secure(echo_target(), authority.issue("DNS:localhost"));
    const tinyproxy proxy;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()).proxy(proxy.url()));
        auto body = co_await web.get(plain.url("/one?a=b", "localhost")).text();
        CHECK(body == "/one?a=b");
        for (int i = 0; i < 3; ++i) {
            body = co_await web.get(secure.url("/two", "localhost")).text();
            CHECK(body == "/two");
        }
        body = co_await web.get(plain.url("/three")).proxy_tunnel().text();
        CHECK(body == "/three");
    });
    CHECK(has_all(plain.requests().at(0), "GET /one?a=b HTTP/1.", "tinyproxy"));
    CHECK(secure.connections() == 1);
}

TEST_CASE("tinyproxy wants a user name and password, for requests and for tunnels") {
    test::certificate_authority authority;
    scripted_server plain(echo_target());
    scripted_server secure(echo_target(), authority.issue("DNS:localhost"));
    const tinyproxy proxy("BasicAuth me secret\n");
    const std::vector<std::string> wrong = {"", "me:wrong"};
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()).proxy(proxy.url("me:secret")));
        auto body = co_await web.get(plain.url("/one")).text();
        CHECK(body == "/one");
        body = co_await web.get(secure.url("/two", "localhost")).text();
        CHECK(body == "/two");
        for (const auto& login : wrong) {
            const auto via = proxy.url(login);
            auto answer = co_await web.get(plain.url("/three")).proxy(via).send();
            CHECK(answer.status() / 100 == 4);
            auto error =
                co_await failure_of<proxy_error>(web.get(secure.url("/four", "localhost")).proxy(via).text());
            CHECK(error.code() / 100 == 4);
        }
    });
    CHECK(plain.requests().size() == 1);
    CHECK(secure.requests().size() == 1);
    CHECK(plain.requests().at(0).find("Proxy-Authorization") == std::string::npos);
}

TEST_CASE("tinyproxy may refuse ports, and tells of hosts that do not answer") {
    const tinyproxy proxy("ConnectPort 443\n");
    in_loop([&]() -> task<> {
        client web(client_options().proxy(proxy.url()));
        auto error = co_await failure_of<proxy_error>(web.get("https://127.0.0.1:444/").text());
        CHECK(error.code() == 403);
        CHECK(has_all(error.cause(), "refused to connect to 127.0.0.1:444"));
        auto answer = co_await web.get("http://127.0.0.1:1/").send();
        CHECK(answer.status() / 100 == 5);
    });
}

TEST_CASE("requests through tinyproxy can be cancelled at any moment") {
    test::certificate_authority authority;
    scripted_server secure(echo_target(), authority.issue("DNS:localhost"));
    const tinyproxy proxy;
    in_loop([&]() -> task<> {
        client web(client_options().ca_file(authority.file()).proxy(proxy.url()));
        const auto link = secure.url("/a", "localhost");
        const auto ask = [&]() -> task<> { co_await web.get(link).text(); };
        co_await test::cancel_in_rounds(40, web, ask);
        co_await ask();
    });
}
