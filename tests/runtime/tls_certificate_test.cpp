#include <catch2/catch.hpp>

#include <tandem/testing/virtual_time.hpp>

#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

using namespace tandem;
using test::certificate_authority;
using test::identity;
using test::tapped_pair;
using test::test_authority;

namespace {

struct refusal {
    tls_errc code;
    std::string what;
    std::string reason;
    std::string told; ///< what the server learned
};

/// Why a client with these options refuses a server that is `who`, under the name `host`.
refusal refused(const identity& who, const std::string& host,
                tls_client_options options = test::trusting_client(),
                tls_version version = tls_version::tls_1_3) {
    refusal made{};
    testing::run_virtual([&]() -> task<> {
        tapped_pair below;
        options.maximum_version(version);
        auto outcome = co_await test::try_shaking_hands(below, options, test::server_with(who), host);
        auto failure = test::failure_in(outcome.client);
        CHECK(failure.is_about_certificate());
        made = refusal{
            static_cast<tls_errc>(failure.code().value()), failure.what(), std::string(failure.reason()), {}};
        auto told = test::failure_in(outcome.server);
        CHECK(told.code() == tls_errc::alert_received);
        made.told = told.what();
    }());
    return made;
}

bool begins_and_ends(const std::string& text, std::string_view begin, std::string_view end) {
    UNSCOPED_INFO(text);
    return text.starts_with(begin) && text.ends_with(end);
}

} // namespace

TEST_CASE("a certificate for other names is refused, and the error names both") {
    auto who = test_authority().issue("DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1");
    auto seen = refused(who, "c.example");
    CHECK(seen.code == tls_errc::wrong_host);
    CHECK(seen.what == "c.example: its certificate is for a.example, *.b.example, 192.0.2.1, 2001:db8::1, "
                       "not for c.example");
    CHECK(seen.reason == "hostname mismatch");
    CHECK(refused(who, "192.0.2.2").what.ends_with("not for 192.0.2.2"));
    CHECK(refused(who, "a.b.b.example").code == tls_errc::wrong_host);
    CHECK(refused(who, "c.example", test::trusting_client(), tls_version::tls_1_2).what == seen.what);
}

TEST_CASE(
    "a certificate is good for each of its names and addresses, and for nothing by a mere part of one") {
    auto who = test_authority().issue("DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1");
    for (const char* host :
         {"a.example", "A.Example", "a.example.", "x.b.example", "192.0.2.1", "2001:db8::1"}) {
        INFO(host);
        testing::run_virtual([&]() -> task<> {
            tapped_pair below;
            auto ends =
                co_await test::shake_hands(below, test::trusting_client(), test::server_with(who), host);
            const bool is_address =
                std::string(host).find_first_not_of("0123456789abcdef.:") == std::string::npos;
            // RFC 6066 section 3: an address is no server name.
            CHECK(ends.server.server_name().empty() == (is_address && std::string(host) != "a.example"));
        }());
    }
    auto partial = test_authority().issue("DNS:w*.example");
    CHECK(refused(partial, "www.example").code == tls_errc::wrong_host);
}

TEST_CASE("a certificate that has expired, or is not valid yet, is refused with the time") {
    auto late = refused(test_authority().issue_expired("DNS:localhost"), "localhost");
    CHECK(late.code == tls_errc::expired);
    CHECK(begins_and_ends(late.what, "localhost: its certificate expired on 20", " UTC"));
    CHECK(late.told == "the client: it refused the handshake with the alert: certificate expired");
    auto early = refused(test_authority().issue_early("DNS:localhost"), "localhost");
    CHECK(early.code == tls_errc::not_yet_valid);
    CHECK(begins_and_ends(early.what, "localhost: its certificate is not valid before 20", " UTC"));
}

TEST_CASE("a self-signed certificate is refused, and may be trusted by name") {
    auto who = certificate_authority::self_signed("DNS:localhost");
    auto seen = refused(who, "localhost");
    CHECK(seen.code == tls_errc::self_signed);
    CHECK(seen.what ==
          "localhost: its certificate is self-signed: nobody who is trusted here vouches for it");
    testing::run_virtual([&]() -> task<> {
        tapped_pair below;
        auto ends = co_await test::shake_hands(below, tls_client_options().ca_pem(who.certificate),
                                               test::server_with(who));
        CHECK(ends.client.peer_certificate()->names == std::vector<std::string>{"localhost"});
    }());
}

TEST_CASE("a certificate of an authority that is not trusted is refused, and the error names the authority") {
    certificate_authority stranger("a stranger");
    auto seen = refused(stranger.issue("DNS:localhost"), "localhost");
    CHECK(seen.code == tls_errc::unknown_authority);
    CHECK(begins_and_ends(seen.what, "localhost: its certificate comes from an authority that is not ",
                          " here: CN=a stranger"));
    CHECK(seen.told == "the client: it refused the handshake with the alert: unknown CA");
}

TEST_CASE("the system's authorities count where none are given, and do not where some are") {
    auto seen = refused(test::test_identity(), "localhost", tls_client_options());
    CHECK(seen.code == tls_errc::unknown_authority);
    CHECK(seen.reason == "unable to get local issuer certificate");
}

TEST_CASE("no byte of the application leaves before the server's certificate is accepted") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto up = below.up;
        auto who = certificate_authority::self_signed("DNS:localhost");
        auto talk = [&]() -> task<> {
            auto stream =
                co_await tls_stream::handshake(std::move(below.left), test::trusting_client(), "localhost");
            co_await stream.write("a secret");
        };
        auto [client, server] = co_await gather(
            keep_going, talk(), tls_stream::accept(std::move(below.right), test::server_with(who)));
        CHECK_FALSE(client);
        CHECK(test::failure_in(server).code() == tls_errc::alert_received);
        // The server has read all that came: a hello and an alert.
        CHECK(up->bytes.empty());
        CHECK(up->written < 1000);
    }());
}

TEST_CASE("who accepts any certificate says so, and gets one that nobody vouches for") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto who = certificate_authority::self_signed("DNS:other.example");
        auto ends = co_await test::shake_hands(below, tls_client_options().insecure_accept_any_certificate(),
                                               test::server_with(who));
        auto seen = ends.client.peer_certificate();
        REQUIRE(seen);
        CHECK(seen->subject == "CN=a server of its own");
        CHECK(seen->issuer == seen->subject);
        CHECK(seen->pem == who.certificate);
        CHECK(seen->sha256.size() == 64);
    }());
}

TEST_CASE("another name than the host's may be asked for and verified") {
    testing::run_virtual([]() -> task<> {
        tapped_pair below;
        auto ends = co_await test::shake_hands(below, test::trusting_client().server_name("localhost"),
                                               test::known_server(), "192.0.2.77");
        CHECK(ends.server.server_name() == "localhost");
    }());
}

TEST_CASE("a host that cannot be verified is refused before anything is sent") {
    for (const std::string& host : {std::string(), std::string("a\0b", 3), std::string(300, 'a')}) {
        testing::run_virtual([&]() -> task<> {
            tapped_pair below;
            auto up = below.up;
            auto failure = co_await test::tls_failure_of(
                tls_stream::handshake(std::move(below.left), test::trusting_client(), host));
            CHECK(failure.code() == tls_errc::configuration);
            CHECK(up->written == 0);
        }());
    }
}

TEST_CASE("a server that requires certificates knows its clients, and refuses those without") {
    auto version = GENERATE(tls_version::tls_1_2, tls_version::tls_1_3);
    testing::run_virtual([&]() -> task<> {
        auto me = test_authority().issue("DNS:me.example");
        tls_context server(test::known_server().client_certificates(tls_client_certificates::required,
                                                                    test_authority().file()));
        auto options = test::trusting_client().maximum_version(version);

        tapped_pair first;
        auto known = options;
        known.certificate_pem(me.certificate, me.key);
        auto ends = co_await test::shake_hands(first, known, server);
        CHECK(ends.server.peer_certificate()->names == std::vector<std::string>{"me.example"});

        tapped_pair second;
        auto outcome = co_await test::try_shaking_hands(second, options, server);
        auto failure = test::failure_in(outcome.server);
        CHECK(failure.code() == tls_errc::no_certificate);
        CHECK(std::string(failure.what()) == "the client: it sent no certificate, and one is required");
        // With TLS 1.3 the client is through before the server has looked.
        CHECK(bool(outcome.client) == (version == tls_version::tls_1_3));
        if (outcome.client) {
            auto told = co_await test::tls_failure_of(test::read_to_end(outcome.client.value()));
            CHECK(std::string(told.what()) == "localhost: it broke off with the alert: certificate required");
        }

        tapped_pair third;
        certificate_authority stranger("a stranger");
        auto other = stranger.issue("DNS:other.example");
        auto unknown = options;
        unknown.certificate_pem(other.certificate, other.key);
        auto refusal = co_await test::try_shaking_hands(third, unknown, server);
        CHECK(test::failure_in(refusal.server).code() == tls_errc::unknown_authority);
    }());
}

TEST_CASE("a server that may do without certificates lets in clients with none, but none with a wrong one") {
    testing::run_virtual([]() -> task<> {
        tls_context server(test::known_server().client_certificates(tls_client_certificates::optional,
                                                                    test_authority().file()));
        tapped_pair first, second;
        auto ends = co_await test::shake_hands(first, test::trusting_client(), server);
        CHECK_FALSE(ends.server.peer_certificate());

        auto late = test_authority().issue_expired("DNS:late.example");
        auto outcome = co_await test::try_shaking_hands(
            second, test::trusting_client().certificate_pem(late.certificate, late.key), server);
        auto failure = test::failure_in(outcome.server);
        CHECK(failure.code() == tls_errc::expired);
        CHECK(std::string(failure.what()).starts_with("the client: its certificate expired on"));
    }());
}

TEST_CASE("certificates and keys that cannot be used are errors that name the file and the cause") {
    const auto cause = [](const auto& options) {
        try {
            tls_context context(options);
        } catch (const tls_failure& failure) {
            CHECK(failure.code() == tls_errc::configuration);
            return std::string(failure.what());
        }
        return std::string("none");
    };
    test::temp_folder folder;
    const auto chain = folder.write("chain.pem", test::test_identity().certificate),
               key = folder.write("key.pem", test::test_identity().key),
               empty = folder.write("empty.pem", "");

    CHECK(cause(tls_server_options().certificate_file(chain, key)) == "none");
    CHECK(cause(tls_server_options()) == "TLS: a server has to have a certificate");
    CHECK(cause(tls_client_options().ca_file("/no/such.pem")) ==
          "TLS: cannot read the trusted certificates in /no/such.pem: No such file or directory");
    CHECK(cause(tls_client_options().ca_file(empty)) ==
          "TLS: cannot read the trusted certificates in " + empty + ": there is no certificate");
    CHECK(cause(tls_server_options().certificate_file("/no/chain.pem", key)) ==
          "TLS: cannot read the certificate in /no/chain.pem: No such file or directory");
    CHECK(cause(tls_server_options().certificate_file(key, key))
              .starts_with("TLS: there is no certificate that can be used in " + key));
    CHECK(cause(tls_server_options().certificate_file(chain, empty))
              .starts_with("TLS: there is no key without a password in " + empty));
    auto other = test_authority().issue("DNS:other.example");
    CHECK(cause(tls_server_options().certificate_pem(test::test_identity().certificate, other.key))
              .starts_with("TLS: the key does not belong to the certificate"));
    CHECK(cause(test::known_server().client_certificates(tls_client_certificates::required, "/no/ca.pem"))
              .starts_with("TLS: cannot read the clients' authorities in /no/ca.pem"));
}
