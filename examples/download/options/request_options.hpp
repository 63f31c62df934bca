// How a request is put.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

/// A header as --header says it.
struct header_line {
    std::string name;
    /// Nothing where the client is to send none of this name.
    std::optional<std::string> value;
};

struct request_options {
    /// Empty for what the other options imply.
    std::string method;
    /// Asks for headers only.
    bool head = false;
    std::vector<header_line> headers;
    std::optional<std::string> user_agent;
    std::string referer;
    /// Each redirect takes its place.
    bool referer_follows = false;
    /// Which bytes: the value of the Range header without `bytes=`; empty for all.
    std::string range;
    /// The value of If-Modified-Since, or of If-Unmodified-Since; empty for none.
    std::string modified_since;
    std::string unmodified_since;
    /// Files with ETags; empty for none.
    std::string etag_compare;
    std::string etag_save;
    bool compressed = false;
    bool raw = false;

    void add_to(CLI::App& app);
    void check() const;
};
