// tandem-get's options about TLS, as both ends of it see them.
#include "examples/get.hpp"
#include "support/tls_pair.hpp"

#include <openssl/ssl.h>
#include <tandem/coro/loop.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using test::body_of;
using test::get;
using test::reply;
using test::scripted_server;
using test::test_authority;
using test::test_identity;
using test::texts;

namespace {

/// Of a certificate that an authority vouches for which no system knows.
test::server_setup known_setup() {
    test::server_setup setup;
    setup.who = test_identity();
    return setup;
}

/// That `arguments` let nothing be asked, for a cause that concerns TLS.
void check_refused(const test::temp_folder& folder, const scripted_server& server, texts arguments,
                   const std::string& cause) {
    const auto before = server.requests().size();
    arguments.insert(arguments.end(), {"--retry", "0", server.url("/a", "localhost")});
    const auto result = get(folder, std::move(arguments));
    INFO(result.errors);
    CHECK(result.status == 5);
    CHECK_THAT(result.errors, Contains(server.url("/a", "localhost") + ": ") && Contains(cause));
    CHECK(server.requests().size() == before);
    CHECK_FALSE(std::filesystem::exists(folder / "a"));
}

/// The pin of the tests' server, as curl writes it.
std::string own_pin() {
    std::string pin;
    const auto look = [&]() -> tandem::task<> {
        test::tapped_pair below;
        auto ends = co_await test::shake_hands(below);
        pin = "sha256//" + ends.client.peer_certificate()->public_key_sha256;
    };
    tandem::loop here;
    here.run(look());
    return pin;
}

constexpr const char* other_pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

} // namespace

TEST_CASE("an authority is trusted where it is named, and anybody where that is wanted") {
    test::temp_folder folder;
    scripted_server server(test::echo_target(), known_setup());
    const auto link = server.url("/a", "localhost");
    CHECK(body_of(folder, {"--cacert", test_authority().file(), link}) == "/a");
    check_refused(folder, server, {}, "certificate");
    CHECK(body_of(folder, {"--insecure", link}) == "/a");
    CHECK(body_of(folder, {"-k", server.url("/a", "127.0.0.1")}) == "/a");
    const auto none = get(folder, {"--cacert", "none.pem", link});
    CHECK(none.status == 5);
    CHECK_THAT(none.errors, Contains("none.pem"));
}

TEST_CASE("a certificate of the client's is shown to who asks for it") {
    auto setup = known_setup();
    setup.client_authority = test_authority().own().certificate;
    scripted_server server(
        [](test::conversation& talk) {
            while (talk.request())
                talk.send(reply(talk.client_subject()));
        },
        setup);
    test::temp_folder folder;
    const auto own = test_authority().issue("DNS:client");
    folder.write("chain.pem", own.certificate);
    folder.write("key.pem", own.key);
    folder.write("both.pem", own.key + own.certificate);
    folder.write("other.pem", test_authority().issue("DNS:other").key);
    const auto link = server.url("/a", "localhost");
    const auto authority = test_authority().file();
    CHECK(body_of(folder, {"--cacert", authority, "--cert", "chain.pem", "--key", "key.pem", link}) ==
          "a server"); // the name that the tests' authority gives to all
    CHECK(body_of(folder, {"--cacert", authority, "-E", "both.pem", link}) == "a server");
    check_refused(folder, server, {"--cacert", authority}, "certificate required");
    check_refused(folder, server, {"--cacert", authority, "--cert", "chain.pem", "--key", "other.pem"},
                  "does not belong to the certificate");
}

TEST_CASE("only servers with a pinned key are talked to") {
    test::temp_folder folder;
    scripted_server server(test::echo_target(), known_setup());
    const auto link = server.url("/a", "localhost");
    const auto authority = test_authority().file();
    folder.write("server.pem", test_identity().certificate);
    CHECK(body_of(folder, {"--cacert", authority, "--pinnedpubkey", own_pin(), link}) == "/a");
    CHECK(body_of(folder, {"--cacert", authority, "--pinnedpubkey", std::string(other_pin) + ";" + own_pin(),
                           link}) == "/a");
    CHECK(body_of(folder, {"--cacert", authority, "--pinnedpubkey", "server.pem", link}) == "/a");
    CHECK(body_of(folder, {"--insecure", "--pinnedpubkey", own_pin(), link}) == "/a");
    check_refused(folder, server, {"--cacert", authority, "--pinnedpubkey", other_pin}, "pinned");
    check_refused(folder, server, {"--insecure", "--pinnedpubkey", other_pin}, "pinned");
    const auto wrong = get(folder, {"--pinnedpubkey", "none.pem", link});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.errors, Contains("none.pem"));
}

TEST_CASE("no earlier version of TLS is spoken than is said") {
    test::temp_folder folder;
    const auto authority = test_authority().file();
    auto setup = known_setup();
    setup.latest_tls = TLS1_2_VERSION;
    scripted_server old(test::echo_target(), setup);
    CHECK(body_of(folder, {"--cacert", authority, "--tlsv1.2", old.url("/a", "localhost")}) == "/a");
    check_refused(folder, old, {"--cacert", authority, "--tlsv1.3"}, "TLS");
}
