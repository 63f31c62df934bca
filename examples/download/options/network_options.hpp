// Where connections lead, and where they come from.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include <tandem/io/endpoint.hpp>

/// Addresses for a host at a port, as --resolve says it.
struct given_address {
    /// "*" for any.
    std::string host;
    std::uint16_t port;
    tandem::endpoint address;
};

/// Another place to connect to, as --connect-to says it. Empty and 0 are any, and in the target the URL's.
struct detour {
    std::string host;
    std::uint16_t port = 0;
    std::string to_host;
    std::uint16_t to_port = 0;
};

struct network_options {
    std::vector<given_address> addresses;
    std::vector<detour> detours;
    std::string unix_socket;
    /// An address of this machine; empty for any.
    std::string local_address;

    void add_to(CLI::App& app);
    void check() const;
};
