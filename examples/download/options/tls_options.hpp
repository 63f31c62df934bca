// How TLS is spoken.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include <tandem/io/tls_options.hpp>

/// The options of TLS as tandem-get takes them. (tandem::tls_client_options is what is made of them.)
struct tls_choices {
    /// Files; empty for none.
    std::string ca_file;
    std::string certificate;
    std::string key;
    /// Each in base64, or a file with a public key or a certificate.
    std::vector<std::string> pins;
    bool insecure = false;
    std::optional<tandem::tls_version> least;
    std::optional<tandem::tls_version> most;

    void add_to(CLI::App& app);
    void check() const;
};
