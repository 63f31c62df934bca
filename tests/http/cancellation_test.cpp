#include <catch2/catch.hpp>

#include <thread>

#include <tandem/http/client.hpp>

#include "http/cancel_in_rounds.hpp"
#include "http/in_loop.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::in_loop;
using test::reply;
using test::scripted_server;

namespace {

constexpr std::size_t body_size = 300'000;

/// Answers in several steps, so that there are many moments at which a request can be cancelled.
void answer_by_and_by(conversation& talk) {
    while (auto request = talk.request()) {
        if (test::target_of(*request) == "/moved") {
            talk.send(reply("", "Location: /file\r\n", "302 Found"));
            continue;
        }
        talk.send("HTTP/1.1 200 OK\r\n");
        std::this_thread::sleep_for(100us);
        talk.send("Content-Length: " + std::to_string(body_size) + "\r\n\r\n");
        talk.send_in_pieces(std::string(body_size, 'x'), 20'000);
    }
}

/// Cancels downloads a little later each time, and checks after each that nothing is left of it.
task<> cancel_at_every_moment(client& web, const scripted_server& server, int rounds) {
    test::temp_folder folder;
    auto link = server.url("/moved", "localhost");
    int downloads = 0;
    auto download = [&]() -> task<> {
        const auto into = folder / std::to_string(downloads++ % 3);
        co_await web.get(link).save_to(into);
    };
    auto look_at_files = [&] {
        for (const auto& name : test::files_below(folder.path())) {
            CHECK(name.ends_with("/moved"));
            CHECK(test::read_file(folder / name).size() == body_size);
        }
    };
    co_await test::cancel_in_rounds(rounds, web, download, look_at_files);
    auto whole = co_await web.get(link).text();
    CHECK(whole.size() == body_size);
}

} // namespace

TEST_CASE("a request can be cancelled at any moment") {
    scripted_server server(answer_by_and_by);
    in_loop([&]() -> task<> {
        client web(client_options().per_host(2));
        co_await cancel_at_every_moment(web, server, 60);
    });
}

TEST_CASE("a request over TLS can be cancelled at any moment") {
    test::certificate_authority authority;
    scripted_server server(answer_by_and_by, authority.issue("DNS:localhost"));
    in_loop([&]() -> task<> {
        client web(client_options().per_host(2).ca_file(authority.file()));
        co_await cancel_at_every_moment(web, server, 60);
    });
}
