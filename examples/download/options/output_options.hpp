// Where things go.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include <tandem/http/checksum.hpp>
#include <tandem/http/download_options.hpp>

struct output_options {
    /// The name of each URL's file in turn, with `#1` for what a pattern had; empty for the URL's own, "-"
    /// for standard output. URLs behind them have their own names.
    std::vector<std::string> names;
    std::string folder;
    bool suggested_name = false;
    tandem::http::if_exists existing = tandem::http::if_exists::fail;
    bool resume = true;
    bool trust_partial = false;
    bool remove_on_error = false;
    bool fail_with_body = false;
    bool remote_time = false;
    bool record_origin = false;
    bool durable = false;
    std::optional<tandem::http::checksum> checksum;
    /// A file of checksums, as sha256sum writes it; empty for none.
    std::string checksum_file;

    void add_to(CLI::App& app);
    void check() const;
};
