#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

#include <tandem/coro/loop.hpp>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

using tandem::task;
using tandem::tls_client_options;
using tandem::tls_context;
using tandem::tls_errc;
using tandem::tls_version;

namespace {

constexpr const char* other_pin = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The pin of the test server's own key.
task<std::string> pin_of_server() {
    test::tapped_pair below;
    auto ends = co_await test::shake_hands(below);
    co_return ends.client.peer_certificate()->public_key_sha256;
}

task<tandem::tls_failure> refusal_by(tls_client_options options, test::identity who) {
    test::tapped_pair below;
    auto outcome = co_await test::try_shaking_hands(below, options, test::server_with(who));
    co_return test::failure_in(outcome.client);
}

template <class Body> void in_loop(Body body) {
    tandem::loop here;
    here.run(body());
}

} // namespace

TEST_CASE("a server whose public key is pinned is accepted, with curl's prefix and without") {
    in_loop([]() -> task<> {
        const auto pin = co_await pin_of_server();
        CHECK(pin.size() == 44);
        for (const auto& text : {pin, "sha256//" + pin}) {
            test::tapped_pair below;
            auto options = test::trusting_client().pin_public_key(other_pin).pin_public_key(text);
            auto ends = co_await test::shake_hands(below, options, test::known_server());
            CHECK(ends.client.peer_certificate()->public_key_sha256 == pin);
        }
    });
}

TEST_CASE("a server with a valid certificate of another key than those pinned is refused") {
    in_loop([]() -> task<> {
        auto failure =
            co_await refusal_by(test::trusting_client().pin_public_key(other_pin), test::test_identity());
        CHECK(failure.code() == tls_errc::unpinned_key);
        CHECK(failure.is_about_certificate());
        CHECK(failure.cause() ==
              "its certificate is valid, but none of its public keys is one that is pinned here");
    });
}

TEST_CASE("a pinned key takes no verification's place") {
    in_loop([]() -> task<> {
        const auto stranger = test::certificate_authority::self_signed("DNS:localhost");
        auto failure = co_await refusal_by(test::trusting_client().pin_public_key(other_pin), stranger);
        CHECK(failure.code() == tls_errc::self_signed);
    });
}

TEST_CASE("the key of the authority may be pinned in the server's place") {
    in_loop([]() -> task<> {
        // The authority's own certificate shows its key where it is a server's.
        const test::certificate_authority authority;
        const auto own = authority.own();
        std::string pin;
        {
            test::tapped_pair below;
            auto ends = co_await test::shake_hands(
                below, tls_client_options().insecure_accept_any_certificate(), test::server_with(own));
            pin = ends.client.peer_certificate()->public_key_sha256;
        }
        test::tapped_pair below;
        auto options = tls_client_options().ca_file(authority.file()).pin_public_key(pin);
        auto ends =
            co_await test::shake_hands(below, options, test::server_with(authority.issue("DNS:localhost")));
        CHECK(ends.client.peer_certificate()->public_key_sha256 != pin);
    });
}

TEST_CASE("where any certificate is accepted, only the server's own key is held against the pins") {
    in_loop([]() -> task<> {
        const auto who = test::certificate_authority::self_signed("DNS:elsewhere");
        auto loose = tls_client_options().insecure_accept_any_certificate();
        std::string pin;
        {
            test::tapped_pair below;
            auto ends = co_await test::shake_hands(below, loose, test::server_with(who));
            pin = ends.client.peer_certificate()->public_key_sha256;
        }
        {
            test::tapped_pair below;
            auto pinned = tls_client_options(loose).pin_public_key(pin);
            auto ends = co_await test::shake_hands(below, pinned, test::server_with(who));
            CHECK(ends.client.peer_certificate()->public_key_sha256 == pin);
        }
        // Another server that sends the pinned one's certificate behind its own.
        auto impostor = test::certificate_authority::self_signed("DNS:elsewhere");
        impostor.certificate += who.certificate;
        auto failure = co_await refusal_by(tls_client_options(loose).pin_public_key(pin), impostor);
        CHECK(failure.code() == tls_errc::unpinned_key);
    });
}

TEST_CASE("with pinned keys no session is kept of a server that was refused") {
    in_loop([]() -> task<> {
        for (const auto version : {tls_version::tls_1_2, tls_version::tls_1_3}) {
            const tls_context context(
                test::trusting_client().pin_public_key(other_pin).maximum_version(version));
            test::tapped_pair below;
            auto outcome = co_await test::try_shaking_hands(below, context, test::known_server());
            CHECK(test::failure_in(outcome.client).code() == tls_errc::unpinned_key);
            CHECK(context.remembered_sessions() == 0);
        }
    });
}

TEST_CASE("a text that is no key's digest cannot be pinned") {
    for (const char* bad :
         {"", "sha256//", "AAAA",
          "sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          "AAAAAAAAAAAAAAAAAAAA*AAAAAAAAAAAAAAAAAAAAAA=", "==AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})
        CHECK_THROWS_AS(tls_client_options().pin_public_key(bad), std::invalid_argument);
}

TEST_CASE("a key may be pinned by a file that has it, or its certificate") {
    test::temp_folder folder;
    const auto who = test::test_identity();
    const auto certificate = folder.write("certificate.pem", who.certificate);
    for (const std::string form : {"PEM", "DER"}) {
        const auto key = folder / ("key." + form);
        const auto bare = folder / ("certificate." + form);
        REQUIRE(test::run({"/usr/bin/openssl", "x509", "-in", certificate, "-out", bare, "-outform", form})
                    .status == 0);
        REQUIRE(
            test::run(
                {"/bin/sh", "-c",
                 "openssl x509 -in \"$0\" -pubkey -noout | openssl pkey -pubin -out \"$1\" -outform " + form,
                 certificate, key})
                .status == 0);
        in_loop([&]() -> task<> {
            const auto pin = co_await pin_of_server();
            for (const auto& file : {bare, key}) {
                INFO(file);
                CHECK(tls_client_options().pin_public_key_file(file).pinned_keys() ==
                      tls_client_options().pin_public_key(pin).pinned_keys());
            }
        });
    }
    CHECK_THROWS_WITH(tls_client_options().pin_public_key_file(folder / "absent"),
                      Catch::Matchers::Contains("absent: No such file"));
    CHECK_THROWS_WITH(tls_client_options().pin_public_key_file(folder.write("other", "words")),
                      Catch::Matchers::Contains("other: neither a public key nor a certificate"));
}
