// Cookies as servers and attackers set them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/cookie_jar.hpp>

#include <cookie/cookie_file.hpp>

namespace test {

/// A jar, and the clock that it goes by.
struct jar_in_time {
    tandem::http::cookie_time now{std::chrono::seconds(1'800'000'000)}; // 15 Jan 2027 08:00:00
    tandem::http::cookie_jar jar{[this] { return now; }};
};
inline const std::string date_in_an_hour = "Fri, 15 Jan 2027 09:00:00 GMT";

inline std::vector<std::string> cookie_samples() {
    return {
        "SID=31d4d96e407aad42; Path=/; Secure; HttpOnly",
        "lang=en-US; Expires=Wed, 09 Jun 2031 10:18:14 GMT; Domain=example.org",
        "a=b; Max-Age=3600; SameSite=Lax; Path=/folder",
        "__Host-id=1; Secure; Path=/",
        "__Secure-id=1; Secure; Domain=.www.example.org",
        "nameless",
        "=also nameless; domain=co.uk; max-age=-1",
        " blanks\t=\taround ; ; ;=; Path",
        "a=\xc3\xa9\xff; path=/\x80",
        "a=b; Expires=31-feb-99 99:99:99; Max-Age=99999999999999999999999",
        "a=b; Expires=1 jan 1601 0:0:0",
        std::string("nul=\0; Path=/", 13),
        "a=" + std::string(5000, 'x'),
    };
}

/// What does not hold for a jar to which `field` was given; empty where all does.
inline std::string broken_cookie(std::string_view field) {
    using namespace tandem::http;
    jar_in_time at;
    const url from("https://www.example.org/folder/page");
    if (!at.jar.store(from, field)) return at.jar.size() == 0 ? "" : "it was refused and stored";
    for (const auto& each : at.jar.cookies()) {
        if (each.name.size() + each.value.size() > 4096) return "it is too long";
        if (each.domain != "www.example.org" && each.domain != "example.org") return "its domain";
        if (!each.path.starts_with('/')) return "its path";
        if (each.expires && (*each.expires <= at.now || *each.expires > at.now + std::chrono::hours(9600)))
            return "its end";
        const bool has_tab = (each.name + each.value + each.path).find('\t') != std::string::npos;
        auto again = detail::parse_cookie_line(detail::cookie_line(each));
        if (again) again->same_site = each.same_site;
        if (!has_tab && (!again || *again != each)) return "its line in a file";
    }
    const auto header = at.jar.header_for(from);
    for (unsigned char c : header)
        if ((c < 0x20 && c != '\t') || c == 0x7f) return "what goes back has a control character";
    if (!at.jar.header_for("https://example.com/").empty()) return "a stranger gets it";
    return {};
}

} // namespace test
