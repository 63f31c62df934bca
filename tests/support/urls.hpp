// What holds for each URL that is accepted, whatever text it was made of.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/error.hpp>
#include <tandem/http/url.hpp>

namespace test {

/// Texts for fuzzers to start from: usual ones, and those that parsers differ on.
inline std::vector<std::string> url_samples() {
    return {
        "http://example.org/",
        "https://user:pass@Example.org:8443/a/./b/../c.html?q=1&r=a b#part",
        "HTTP://[2001:DB8::1]:80/x",
        "http://[::ffff:127.0.0.1]/",
        "http://127.1/",
        "http://0x7f.0.0.1:080/",
        "http://2130706433",
        "http://b\xc3\xbc"
        "cher.example/stra\xc3\x9f"
        "e?\xc3\xa9#\xc3\xa9",
        "http://xn--bcher-kva.example/",
        "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
        "http:\\\\h\\a\\b?c\\d#e\\f",
        "http://h/100%/%zz/%41%c3%a9?%#%",
        "http://a@b@c:d@h/",
        "http://h?q#f?x/y",
        "http://h#f",
        "http://h/%2e%2E/..//./a",
        "//other.example/x",
        "../up?y#z",
        "?only=query",
        "#only",
        "http://h:/",
        "http://h:65536/",
        "http://h/a\r\nHost: evil",
        "javascript:alert(1)",
        "http://[fe80::1%25eth0]/",
        "http://a..b/",
        "http://-_.~/",
    };
}

/// Names what does not hold for `accepted`; empty where all does.
inline std::string broken_promise(const tandem::http::url& accepted) {
    using tandem::http::url;
    const auto text = accepted.to_string();
    const auto is_harmless = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    };
    if (!is_harmless(text)) return "a blank, control or foreign character stands in it";
    if (!is_harmless(accepted.user_info())) return "one stands in its user name";
    if (!is_harmless(accepted.fragment())) return "one stands in its fragment";
    if (!text.starts_with("http://") && !text.starts_with("https://")) return "its scheme";
    if (accepted.host().empty()) return "it has no host";
    if (accepted.host().find_first_of("/?#@%\\ []") != std::string_view::npos) return "its host";
    if (accepted.port() == 0) return "its port";
    if (!accepted.target().starts_with('/')) return "its target";
    if (accepted.target().find('#') != std::string_view::npos) return "its target has a fragment";
    if (std::string(accepted.origin()) + std::string(accepted.target()) != text) return "its parts";
    if (accepted.file_name().empty() || accepted.file_name().find('/') != std::string::npos)
        return "its file name";
    try {
        if (url(text).to_string() != text) return "it reads differently the second time";
        auto whole = std::string(accepted.scheme()) + "://";
        if (!accepted.user_info().empty()) whole += std::string(accepted.user_info()) + "@";
        whole += std::string(accepted.authority()) + std::string(accepted.target()) + "#" +
                 std::string(accepted.fragment());
        const url again(whole);
        if (again != accepted || again.fragment() != accepted.fragment())
            return "its credentials or fragment";
        const bool is_path = !accepted.target().starts_with("//"); // which would name a host
        if (is_path && accepted.resolve(accepted.target()) != accepted) return "resolving its own target";
    } catch (const tandem::http::bad_url& error) {
        return std::string("it is refused the second time: ") + error.what();
    }
    return {};
}

/// The same for what becomes of any text, alone and as a reference.
inline std::string broken_promise_of_text(std::string_view text) {
    using tandem::http::url;
    static const url base("http://base.example/folder/page?query");
    std::string broken;
    try {
        broken = broken_promise(url(text));
    } catch (const tandem::http::bad_url&) {
    }
    if (!broken.empty()) return broken;
    try {
        return broken_promise(base.resolve(text));
    } catch (const tandem::http::bad_url&) {
    }
    return {};
}

} // namespace test
