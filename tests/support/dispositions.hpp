// Content-Disposition fields as servers and attackers send them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/content_disposition.hpp>

#include <utf8.hpp>

namespace test {

inline std::vector<std::string> disposition_samples() {
    return {
        "attachment; filename=\"foo.html\"",
        "inline;filename=a b.txt ; size = 3",
        "attachment; filename=\"f\\\"oo\\\\x.html\"; filename*=UTF-8'en'%e2%82%ac%20rates",
        "attachment; filename*=iso-8859-1''%A3%20rates; filename=x",
        "filename=C:\\path\\nul.txt",
        "attachment; filename*=UTF-8''%e2%80%aegpj.%00exe%0d%0a",
        "attachment; filename=\"../../.bashrc\"",
        "attachment; filename=\"" + std::string(300, 'x') + ".gz\"",
        "attachment; filename*=UTF-8''%c3%28%80",
        "attachment; filename=\"\xe4\xf6\xfc\"",
        "; = ; filename == \"",
        "attachment; filename*=UTF-8''%2e%2e%2f%5c. ",
    };
}

/// What does not hold for the name in `field`; empty where all does.
inline std::string broken_disposition(std::string_view field) {
    const auto name = tandem::http::suggested_file_name(field);
    if (!name) return {};
    if (name->empty()) return "it is empty";
    if (name->size() > 255) return "it is too long";
    if (name->find_first_of("/\\") != name->npos) return "it has a slash";
    if (name->front() == '.' || name->front() == ' ') return "it begins with a dot or a blank";
    if (!tandem::http::detail::is_utf8(*name)) return "it is not UTF-8";
    for (unsigned char c : *name)
        if (c < 0x20 || c == 0x7f) return "it has a control character";
    std::string quoted;
    for (char c : *name) {
        if (c == '"') quoted += '\\';
        quoted += c;
    }
    const auto again = tandem::http::suggested_file_name("attachment; filename=\"" + quoted + "\"");
    if (!again) return "it is none the second time";
    return {};
}

} // namespace test
