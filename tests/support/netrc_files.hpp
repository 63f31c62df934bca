// netrc files as people write them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <tandem/http/netrc.hpp>

namespace test {

inline std::vector<std::string> netrc_samples() {
    return {
        "machine a.example login me password secret\n",
        "machine b\n\tlogin you\n\tpassword \"two \\\"words\\\"\\n\"\n\taccount third\n",
        "# comment\ndefault login anonymous password guest # more",
        "macdef init\nmachine hidden\n\nmachine c login x password #y\n",
        "machine A MACHINE b login \"\" default",
        "machine \"never ends",
        "login me",
        "machine a password",
        "machine a protocol https",
        "\xff\r\n\f\v machine \x01",
    };
}

inline std::string in_netrc_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '\n')
            out += "\\n";
        else if (c == '"' || c == '\\')
            out += std::string("\\") + c;
        else
            out += c;
    }
    return out + "\"";
}

/// What does not hold for a netrc file with this text; empty where all does.
inline std::string broken_netrc(std::string_view text) {
    using tandem::http::netrc;
    using tandem::http::netrc_error;
    netrc all;
    try {
        all = netrc::parse(text, "file");
    } catch (const netrc_error& error) {
        const bool names_line = error.line() > 0 && std::string_view(error.what()).starts_with("file:");
        return names_line ? "" : "an error names no line";
    }
    std::string written;
    for (const auto& each : all.entries()) {
        written += each.host.empty() ? "default" : "machine " + in_netrc_quotes(each.host);
        written += " login " + in_netrc_quotes(each.login) + " password " + in_netrc_quotes(each.password) +
                   " account " + in_netrc_quotes(each.account) + "\n";
        if (!each.host.empty() && !all.find(each.host)) return "a host is not found";
    }
    const auto again = netrc::parse(written, "again");
    if (again.entries().size() != all.entries().size()) return "another number of entries the second time";
    for (std::size_t i = 0; i < all.entries().size(); ++i) {
        const auto& a = all.entries()[i];
        const auto& b = again.entries()[i];
        if (a.host != b.host || a.login != b.login || a.password != b.password || a.account != b.account)
            return "another entry the second time";
    }
    return {};
}

} // namespace test
