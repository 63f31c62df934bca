#include <catch2/catch.hpp>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/replies.hpp"
#include "support/scripted_server.hpp"

using namespace tandem::http;
using tandem::task;
using test::conversation;
using test::in_loop;
using test::scripted_server;

namespace {

/// The body of a reply, or how the request failed.
task<std::string> body_or_trouble(client& web, std::string link) {
    try {
        co_return "body: " + co_await web.get(link).raise_for_status(false).text();
    } catch (const error& failure) {
        co_return "error: " + std::string(failure.cause());
    }
}

/// What `body_or_trouble` has to give for a reply that the parser took in one piece.
std::string expected(const test::reply_outcome& reply) {
    if (!reply.trouble.empty()) return "error: the reply is not valid HTTP: " + reply.trouble;
    if (reply.is_done) return "body: " + reply.body;
    if (!reply.is_header_done) return "error: the connection was closed within the reply's header";
    auto after = "the connection was closed after " + std::to_string(reply.body.size());
    if (reply.length)
        return "error: the body is too short: " + after + " of " + std::to_string(*reply.length) + " bytes";
    return "error: the body is incomplete: " + after + " bytes";
}

bool is_informational(const std::string& bytes) {
    return test::parsed(bytes).status / 100 == 1;
}

} // namespace

TEST_CASE("a client makes of a reply what the parser does, in whatever pieces it comes") {
    for (const auto& bytes : test::reply_samples()) {
        if (is_informational(bytes)) continue;
        for (const std::size_t size : {1'000'000u, 1u, 5u}) {
            INFO(bytes << " in pieces of " << size);
            scripted_server server([&](conversation& talk) {
                if (talk.request()) talk.send_in_pieces(bytes, size);
                talk.finish();
            });
            in_loop([&]() -> task<> {
                client web;
                const auto got = co_await body_or_trouble(web, server.url());
                CHECK(got == expected(test::parsed(bytes)));
                CHECK(web.statistics().active == 0);
            });
        }
    }
}

TEST_CASE("a connection that is reset anywhere in a reply gives an error, or the reply if it was complete") {
    for (const auto& bytes : test::reply_samples()) {
        if (is_informational(bytes)) continue;
        scripted_server server([&](conversation& talk) {
            const auto request = talk.request();
            if (!request) return;
            talk.send(bytes.substr(0, std::stoul(test::target_of(*request).substr(1))));
            talk.reset();
        });
        in_loop([&]() -> task<> {
            client web;
            for (std::size_t size = 0; size <= bytes.size(); size += 1 + bytes.size() / 12) {
                INFO(bytes << " up to " << size);
                const auto got = co_await body_or_trouble(web, server.url("/" + std::to_string(size)));
                test::reply_feeder part;
                part.feed(std::string_view(bytes).substr(0, size));
                const auto known = part.outcome(false);
                if (!known.is_done)
                    CHECK(got.starts_with("error: "));
                else if (got.starts_with("body: "))
                    CHECK(got == "body: " + known.body);
                CHECK(web.statistics().active == 0);
            }
        });
    }
}
