#include <catch2/catch.hpp>

#include <auth/digest.hpp>

using tandem::http::login;
using namespace tandem::http::detail;

namespace {

digest_challenge challenge_in(std::string_view field) {
    const auto all = parse_challenges(field);
    REQUIRE(all.size() == 1);
    auto found = digest_challenge_of(all.front());
    REQUIRE(found);
    return *found;
}

bool can_be_met(std::string_view field) {
    const auto all = parse_challenges(field);
    return all.size() == 1 && digest_challenge_of(all.front());
}

/// The answer to `field`, taken apart.
challenge answer(std::string_view field, const login& who, const digest_request& request) {
    auto found = parse_challenges(digest_authorization(challenge_in(field), who, request));
    REQUIRE(found.size() == 1);
    CHECK(found[0].scheme == "Digest");
    return found[0];
}

std::string value(const challenge& from, std::string_view name) {
    const auto* found = from.find(name);
    return found ? *found : "(none)";
}

digest_request get(std::string_view target, std::string_view client_nonce) {
    digest_request request;
    request.method = "GET";
    request.target = target;
    request.client_nonce = client_nonce;
    return request;
}

const login mufasa("Mufasa", "Circle of Life");
constexpr std::string_view rfc_client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
const std::string rfc_challenge = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                                  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
                                  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

} // namespace

TEST_CASE("Digest with MD5 and SHA-256 answers as RFC 7616 section 3.9.1 does") {
    const auto request = get("/dir/index.html", rfc_client_nonce);
    const auto md5 = answer(rfc_challenge + ", algorithm=MD5", mufasa, request);
    CHECK(value(md5, "response") == "8ca523f5e9506fed4657c9700eebdbec");
    CHECK(value(md5, "algorithm") == "MD5");
    const auto sha = answer(rfc_challenge + ", algorithm=SHA-256", mufasa, request);
    CHECK(value(sha, "response") == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    CHECK(value(sha, "username") == "Mufasa");
    CHECK(value(sha, "realm") == "http-auth@example.org");
    CHECK(value(sha, "uri") == "/dir/index.html");
    CHECK(value(sha, "algorithm") == "SHA-256");
    CHECK(value(sha, "nonce") == "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v");
    CHECK(value(sha, "nc") == "00000001");
    CHECK(value(sha, "cnonce") == rfc_client_nonce);
    CHECK(value(sha, "qop") == "auth");
    CHECK(value(sha, "opaque") == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
    CHECK(value(sha, "userhash") == "(none)");
}

TEST_CASE("Digest with SHA-512-256 and a hashed user name answers as RFC 7616 section 3.9.2 does") {
    // The hashes are those of erratum 4897: the RFC's belong to other inputs.
    const login jason("J\u00e4s\u00f8n Doe", "Secret, or not?");
    const std::string field = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
                              "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
                              "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8";
    const auto request = get("/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v");
    const auto hashed = answer(field + ", userhash=true", jason, request);
    CHECK(value(hashed, "username") == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
    CHECK(value(hashed, "userhash") == "true");
    CHECK(value(hashed, "response") == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");

    const auto plain = answer(field, jason, request);
    CHECK(value(plain, "username") == "(none)");
    CHECK(value(plain, "username*") == "UTF-8''J%C3%A4s%C3%B8n%20Doe");
    CHECK(value(plain, "response") == value(hashed, "response"));
}

TEST_CASE("Digest without an algorithm is MD5, and names none") {
    // RFC 2617 section 3.5
    const auto sent = answer("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                             "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                             "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
                             login("Mufasa", "Circle Of Life"), get("/dir/index.html", "0a4f113b"));
    CHECK(value(sent, "response") == "6629fae49393a05397450978507c4ef1");
    CHECK(value(sent, "algorithm") == "(none)");
}

TEST_CASE("Digest without qop answers as RFC 2069 did") {
    const auto sent = answer("Digest realm=\"r\", nonce=\"n\"", login("u", "p"), get("/", "unused"));
    const auto md5 = [](const std::string& text) { return digest_of(digest_algorithm::md5, text); };
    CHECK(value(sent, "response") == md5(md5("u:r:p") + ":n:" + md5("GET:/")));
    CHECK(value(sent, "nc") == "(none)");
    CHECK(value(sent, "cnonce") == "(none)");
    CHECK(value(sent, "qop") == "(none)");
    CHECK(value(sent, "opaque") == "(none)");
}

TEST_CASE("a Digest session is bound to the first nonces, and each response to the current ones") {
    const auto algorithm = GENERATE(digest_algorithm::md5, digest_algorithm::sha256);
    const std::string name = algorithm == digest_algorithm::md5 ? "MD5-sess" : "SHA-256-sess";
    auto request = get("/x", "mine");
    request.count = 0x1f;
    request.first_nonce = "before";
    const auto sent =
        answer("Digest realm=\"r\", nonce=\"now\", qop=auth, algorithm=" + name, login("u", "p"), request);
    const auto hash = [&](const std::string& text) { return digest_of(algorithm, text); };
    const auto session = hash(hash("u:r:p") + ":before:mine");
    CHECK(value(sent, "response") == hash(session + ":now:0000001f:mine:auth:" + hash("GET:/x")));
    CHECK(value(sent, "nc") == "0000001f");
    CHECK(value(sent, "algorithm") == name);
}

TEST_CASE("Digest protects the body only where nothing less is offered") {
    CHECK_FALSE(challenge_in("Digest realm=r, nonce=n, qop=\"auth-int,auth\"").protects_body());
    CHECK_FALSE(challenge_in("Digest realm=r, nonce=n").protects_body());
    const std::string field = "Digest realm=r, nonce=n, qop=auth-int, algorithm=SHA-256";
    CHECK(challenge_in(field).protects_body());
    auto request = get("/x", "mine");
    request.body_hash = "b0d1";
    const auto sent = answer(field, login("u", "p"), request);
    const auto hash = [](const std::string& text) { return digest_of(digest_algorithm::sha256, text); };
    CHECK(value(sent, "qop") == "auth-int");
    CHECK(value(sent, "response") ==
          hash(hash("u:r:p") + ":n:00000001:mine:auth-int:" + hash("GET:/x:b0d1")));
}

TEST_CASE("quotes and backslashes of a realm are hashed as they are and sent with a backslash") {
    const auto field = R"(Digest realm="a\"b\\c", nonce="n")";
    CHECK(challenge_in(field).realm == R"(a"b\c)");
    const auto sent = digest_authorization(challenge_in(field), login("u\"", "p"), get("/", ""));
    CHECK(sent.find(R"(username="u\"", realm="a\"b\\c", nonce="n")") != sent.npos);
}

TEST_CASE("a Digest challenge that nobody can meet is none") {
    CHECK(can_be_met("Digest realm=r, nonce=n"));
    CHECK_FALSE(can_be_met("Digest realm=r"));
    CHECK_FALSE(can_be_met("Digest nonce=n"));
    CHECK_FALSE(can_be_met("Digest realm=r, nonce=n, algorithm=SHA-3"));
    CHECK_FALSE(can_be_met("Digest realm=r, nonce=n, algorithm=-sess"));
    CHECK_FALSE(can_be_met("Digest realm=r, nonce=n, qop=\"auth-conf\""));
    CHECK_FALSE(can_be_met("Basic realm=r, nonce=n"));
    CHECK_FALSE(can_be_met("Digest realm=\"r\x1b\", nonce=n"));
}

TEST_CASE("client nonces differ") {
    CHECK(make_client_nonce() != make_client_nonce());
    CHECK(make_client_nonce().size() == 24);
}
