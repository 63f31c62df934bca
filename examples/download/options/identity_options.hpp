// Who is asking.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include <tandem/http/login.hpp>

/// Whether logins are looked for in a netrc file.
enum class netrc_use {
    none,
    optional, ///< where there is no --user and no user in the URL, and the file need not exist
    required, ///< the same, but it has to
};

struct identity_options {
    /// As `user:password`, or a user whose password netrc has.
    std::optional<std::string> user;
    /// Empty for none.
    std::string bearer;
    tandem::http::login_method method = tandem::http::login_method::basic;
    netrc_use netrc = netrc_use::none;
    /// Empty for the usual one.
    std::string netrc_file;
    /// Each `name=value; …`, or a file of cookies.
    std::vector<std::string> cookies;
    /// A file to write cookies to; empty for none.
    std::string cookie_jar;
    /// Whether cookies that end with their session are left out when files are read.
    bool junk_session_cookies = false;

    void add_to(CLI::App& app);
    void check() const;
};
