// WWW-Authenticate fields as servers and attackers send them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <auth/challenge.hpp>
#include <auth/digest.hpp>
#include <field_syntax.hpp>

namespace test {

inline std::vector<std::string> challenge_samples() {
    return {
        "Basic realm=\"simple\"",
        "Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
        "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
        "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
        "Digest realm=r, nonce=n, algorithm=SHA-512-256-sess, qop=auth-int, userhash=true, stale=TRUE, "
        "charset=UTF-8",
        "Negotiate YII+/==, NTLM, Bearer error=\"invalid_token\"",
        ", ,, =x, \"stray\" a = b,c=\td, Basic",
        "Basic realm=\"never ends\\",
        "nextnonce=\"abc\", qop=auth, rspauth=\"0123\", nc=00000001",
    };
}

/// `all` in one field.
inline std::string written(const std::vector<tandem::http::detail::challenge>& all) {
    std::string text;
    for (const auto& each : all) {
        text += (text.empty() ? "" : ", ") + each.scheme;
        if (!each.token68.empty()) text += " " + each.token68;
        std::string before = each.token68.empty() ? " " : ", ";
        for (const auto& [name, value] : each.parameters) {
            text += before + name + "=\"";
            for (char c : value)
                text += (c == '"' || c == '\\' ? std::string("\\") : std::string()) + c;
            text += '"';
            before = ", ";
        }
    }
    return text;
}

/// What does not hold for the challenges in `field`; empty where all does.
inline std::string broken_challenges(std::string_view field) {
    using namespace tandem::http::detail;
    const auto all = parse_challenges(field);
    for (const auto& each : all) {
        if (!is_token(each.scheme)) return "a scheme that is no token";
        for (const auto& [name, value] : each.parameters)
            if (!is_token(name)) return "a parameter whose name is no token";
        const auto digest = digest_challenge_of(each);
        if (!digest) continue;
        digest_request request;
        request.method = "GET";
        request.target = "/";
        request.client_nonce = "mine";
        const auto answer = digest_authorization(*digest, tandem::http::login("user", "password"), request);
        if (has_control_character(answer)) return "an answer with a control character";
        const auto read = parse_challenges(answer);
        if (read.size() != 1 || !read[0].find("nonce") || *read[0].find("nonce") != digest->nonce)
            return "an answer that reads differently";
    }
    const auto again = parse_challenges(written(all));
    if (again.size() != all.size()) return "another number of them the second time";
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (again[i].scheme != all[i].scheme || again[i].token68 != all[i].token68)
            return "another scheme or token the second time";
        if (again[i].parameters != all[i].parameters) return "other parameters the second time";
    }
    return {};
}

} // namespace test
