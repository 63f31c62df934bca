// What is sent with a request.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

/// A part of a form, as --form says it.
struct form_part {
    std::string name;
    std::string content;
    /// Where the content is, if it is not in `content`.
    std::string path;
    /// What the server is told; empty for the path's, or for no file at all.
    std::string file_name;
    /// Empty for none of its own.
    std::string type;
};

struct body_options {
    /// Of all the options that add data, joined; nothing where there is none.
    std::optional<std::string> data;
    bool is_json = false;
    /// Sends the data in the URL.
    bool as_query = false;
    std::vector<form_part> form;
    /// A file to put; "-" is standard input, empty none.
    std::string upload_file;

    void add_to(CLI::App& app);
    /// Throws CLI::Error for options that do not go together.
    void check() const;
};
