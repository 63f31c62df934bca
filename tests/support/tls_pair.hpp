// Both ends of a TLS connection in one test.
#pragma once
#include <catch2/catch.hpp>

#include <string>
#include <utility>

#include <tandem/coro/as_result.hpp>
#include <tandem/coro/gather.hpp>
#include <tandem/io/tls_stream.hpp>

#include "support/certificates.hpp"
#include "support/tapped_pair.hpp"

namespace test {

/// One authority and one certificate for all tests: making them takes a moment.
inline const certificate_authority& test_authority() {
    static const certificate_authority only;
    return only;
}
inline const identity& test_identity() {
    static const identity only = test_authority().issue("DNS:localhost,IP:127.0.0.1");
    return only;
}

inline tandem::tls_client_options trusting_client() {
    return tandem::tls_client_options().ca_file(test_authority().file());
}
inline tandem::tls_server_options server_with(const identity& who) {
    return tandem::tls_server_options().certificate_pem(who.certificate, who.key);
}
inline tandem::tls_server_options known_server() {
    return server_with(test_identity());
}

struct tls_ends {
    tandem::tls_stream client;
    tandem::tls_stream server;
};

/// Shakes hands over `below`. Throws the error of the end that fails first.
inline tandem::task<tls_ends> shake_hands(tapped_pair& below, tandem::tls_context client,
                                          tandem::tls_context server, std::string host = "localhost") {
    auto [left, right] =
        co_await tandem::gather(tandem::tls_stream::handshake(std::move(below.left), client, host),
                                tandem::tls_stream::accept(std::move(below.right), server));
    co_return tls_ends{std::move(left), std::move(right)};
}
inline tandem::task<tls_ends> shake_hands(tapped_pair& below) {
    co_return co_await shake_hands(below, trusting_client(), known_server());
}

/// How each end of a handshake fares.
struct tls_outcome {
    tandem::result<tandem::tls_stream> client;
    tandem::result<tandem::tls_stream> server;
};
inline tandem::task<tls_outcome> try_shaking_hands(tapped_pair& below, tandem::tls_context client,
                                                   tandem::tls_context server,
                                                   std::string host = "localhost") {
    auto [left, right] = co_await tandem::gather(
        tandem::keep_going, tandem::tls_stream::handshake(std::move(below.left), client, host),
        tandem::tls_stream::accept(std::move(below.right), server));
    co_return tls_outcome{std::move(left), std::move(right)};
}

/// The tls_failure that `outcome` is, which has to be one.
template <class T> tandem::tls_failure failure_in(tandem::result<T>& outcome) {
    try {
        (void)outcome.value();
    } catch (const tandem::tls_failure& failure) {
        return failure;
    }
    FAIL("it succeeded");
    throw 0;
}
template <class T> tandem::task<tandem::tls_failure> tls_failure_of(tandem::task<T> work) {
    auto outcome = co_await tandem::as_result(std::move(work));
    co_return failure_in(outcome);
}

/// Reads until `size` bytes have come or the stream ends.
inline tandem::task<std::string> read_up_to(tandem::byte_stream& from, std::size_t size) {
    std::string text(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const std::size_t count = co_await from.read_some(std::span(text).subspan(have));
        if (count == 0) break;
        have += count;
    }
    text.resize(have);
    co_return text;
}
inline tandem::task<std::string> read_to_end(tandem::byte_stream& from) {
    std::string text;
    char part[8192];
    for (;;) {
        const std::size_t count = co_await from.read_some(part);
        if (count == 0) co_return text;
        text.append(part, count);
    }
}

/// Bytes that tell where they are from.
inline std::string patterned(std::size_t size, unsigned seed = 1) {
    std::string text(size, '\0');
    unsigned state = seed;
    for (char& each : text) {
        state = state * 1664525 + 1013904223;
        each = static_cast<char>(state >> 24);
    }
    return text;
}

} // namespace test
