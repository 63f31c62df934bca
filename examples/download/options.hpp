#pragma once
#include <optional>
#include <string>
#include <vector>

#include "download/options/body_options.hpp"
#include "download/options/display_options.hpp"
#include "download/options/identity_options.hpp"
#include "download/options/limit_options.hpp"
#include "download/options/network_options.hpp"
#include "download/options/output_options.hpp"
#include "download/options/proxy_options.hpp"
#include "download/options/request_options.hpp"
#include "download/options/source_options.hpp"
#include "download/options/step_options.hpp"
#include "download/options/tls_options.hpp"

/// What tandem-get was asked to do, by subjects. Each adds its own options to the command line.
struct get_options {
    source_options source;
    output_options output;
    step_options steps;
    request_options request;
    body_options body;
    identity_options identity;
    limit_options limits;
    network_options network;
    proxy_options proxy;
    tls_choices tls;
    display_options display;
    /// As they were given, with the program's name: what is to be said again to continue.
    std::vector<std::string> words;
};

/// Fills `chosen` from the command line (without the program's name). Returns the status to exit with if
/// there is nothing to do: 0 after --help or --version, 2 after a usage error, which is printed.
std::optional<int> read_options(get_options& chosen, std::vector<std::string> arguments);
