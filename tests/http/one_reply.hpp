// What a client makes of one reply.
#pragma once
#include <string>

#include <tandem/http/client.hpp>

#include "http/in_loop.hpp"
#include "support/scripted_server.hpp"

namespace test {

/// A script that answers the first request with exactly these bytes and then ends the connection.
inline scripted_server::script saying(std::string bytes) {
    return [bytes = std::move(bytes)](conversation& talk) {
        if (talk.request()) talk.send(bytes);
        talk.finish();
    };
}

/// The body of the reply that consists of these bytes.
inline std::string body_of(std::string bytes) {
    scripted_server server(saying(std::move(bytes)));
    std::string body;
    in_loop([&]() -> tandem::task<> {
        tandem::http::client web;
        body = co_await web.get(server.url()).text();
    });
    return body;
}

/// How the request fails that is answered with these bytes.
template <class Error> std::string trouble_with(std::string bytes) {
    scripted_server server(saying(std::move(bytes)));
    std::string cause;
    in_loop([&]() -> tandem::task<> {
        tandem::http::client web;
        auto error = co_await failure_of<Error>(web.get(server.url("/it")).text());
        CHECK(error.url() == server.url("/it"));
        cause = error.cause();
    });
    return cause;
}

} // namespace test
