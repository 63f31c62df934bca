#include <catch2/catch.hpp>

#include <auth/challenge.hpp>

#include "support/challenges.hpp"

using tandem::http::headers;
using tandem::http::detail::challenge;
using tandem::http::detail::challenges_in;
using tandem::http::detail::parse_challenges;

namespace {

/// `scheme token68 [name=value|name=value]` for each, one a line.
std::string listed(const std::vector<challenge>& all) {
    std::string text;
    for (const auto& each : all) {
        text += each.scheme + (each.token68.empty() ? "" : " " + each.token68);
        for (const auto& [name, value] : each.parameters)
            text += " [" + name + "=" + value + "]";
        text += "\n";
    }
    return text;
}

std::string listed(std::string_view value) {
    return listed(parse_challenges(value));
}

} // namespace

TEST_CASE("a challenge has a scheme and parameters") {
    CHECK(listed("Basic realm=\"simple\"") == "Basic [realm=simple]\n");
    CHECK(listed("Basic realm=simple, charset=\"UTF-8\"") == "Basic [realm=simple] [charset=UTF-8]\n");
    CHECK(listed("Basic realm = \"a\\\"b\\\\c, d\" ,x=\ty") == "Basic [realm=a\"b\\c, d] [x=y]\n");
    CHECK(listed("Bearer") == "Bearer\n");
    CHECK(listed("") == "");
}

TEST_CASE("several challenges may stand in one field") {
    // RFC 9110 section 11.6.1
    CHECK(listed("Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"") ==
          "Basic [realm=simple]\nNewauth [realm=apps] [type=1] [title=Login to \"apps\"]\n");
    CHECK(listed("Bearer, Basic realm=\"x\"") == "Bearer\nBasic [realm=x]\n");
    CHECK(listed(",, Basic realm=a ,,Digest nonce=b,, ") == "Basic [realm=a]\nDigest [nonce=b]\n");
}

TEST_CASE("a challenge may have a token in place of parameters") {
    CHECK(listed("Negotiate") == "Negotiate\n");
    CHECK(listed("Negotiate YII+/==, Basic realm=x") == "Negotiate YII+/==\nBasic [realm=x]\n");
    CHECK(listed("NTLM abc , NTLM def=") == "NTLM abc\nNTLM def=\n");
}

TEST_CASE("challenges of several fields come in their order") {
    headers fields;
    fields.add("www-authenticate", "Digest realm=a, nonce=b");
    fields.add("Other", "Basic realm=no");
    fields.add("WWW-Authenticate", "Basic realm=c");
    CHECK(listed(challenges_in(fields, "WWW-Authenticate")) ==
          "Digest [realm=a] [nonce=b]\nBasic [realm=c]\n");
}

TEST_CASE("what is no challenge is passed over") {
    CHECK(listed("Basic realm=\"never ends") == "Basic [realm=never ends]\n");
    CHECK(listed("=x, \"stray\", realm=nobody, Basic realm=\"a\" nonce=\"b\" , @@@, c=d") ==
          "Basic [realm=a] [nonce=b] [c=d]\n");
    CHECK(listed("\"") == "");
    CHECK(listed("Basic realm=\"\", x=") == "Basic [realm=] [x=]\n");
}

TEST_CASE("schemes and parameters are found in any case") {
    const auto all = parse_challenges("DIGEST Realm=a, REALM=b");
    REQUIRE(all.size() == 1);
    CHECK(all[0].is("Digest"));
    CHECK(*all[0].find("realm") == "a");
    CHECK(all[0].find("nonce") == nullptr);
}

TEST_CASE("challenges read the same when they are written again") {
    for (const auto& sample : test::challenge_samples()) {
        INFO(sample);
        CHECK(test::broken_challenges(sample) == "");
    }
}
