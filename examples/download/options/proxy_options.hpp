// The way through proxies.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

struct proxy_options {
    /// With its scheme; an empty one is no proxy at all, whatever the environment says.
    std::optional<std::string> proxy;
    /// A SOCKS proxy on the way to that; empty for none.
    std::string preproxy;
    /// As `user:password`.
    std::optional<std::string> user;
    bool digest = false;
    /// Each `Name: value`.
    std::vector<std::pair<std::string, std::string>> headers;
    bool tunnel = false;
    std::optional<std::string> no_proxy;

    void add_to(CLI::App& app);
    void check() const;
};
