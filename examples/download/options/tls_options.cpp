#include "download/options/tls_options.hpp"

#include <sstream>
#include <stdexcept>

#include "download/options/option_group.hpp"

namespace {

using tandem::tls_version;

tls_version read_version(const std::string& given) {
    if (given == "1.2") return tls_version::tls_1_2;
    if (given == "1.3") return tls_version::tls_1_3;
    throw std::invalid_argument("'" + given + "' is no version; there are 1.2 and 1.3");
}

} // namespace

void tls_choices::add_to(CLI::App& app) {
    option_group group(app, "TLS");
    group.text("--cacert", "FILE", ca_file, "trust the authorities in this PEM file, not the system's");
    group.text("-E,--cert", "FILE", certificate, "show the certificate in this PEM file");
    group.text("--key", "FILE", key, "its key, where that is in a file of its own");
    group.value(
        "--pinnedpubkey", "KEYS",
        [this](const std::string& given) {
            std::istringstream all(given);
            for (std::string each; std::getline(all, each, ';');)
                pins.push_back(each);
        },
        "take only servers with one of these keys: sha256//BASE64 with ; between them, or a PEM file");
    group.flag("-k,--insecure", insecure,
               "take any certificate from anybody: what is sent is no secret then");
    group.flag(
        "--tlsv1.2", [this] { least = tls_version::tls_1_2; }, "speak TLS 1.2 or later (the default)");
    group.flag(
        "--tlsv1.3", [this] { least = tls_version::tls_1_3; }, "speak TLS 1.3 or later");
    group.value(
        "--tls-max", "VERSION", [this](const std::string& given) { most = read_version(given); },
        "speak no later version than 1.2 or 1.3");
}

void tls_choices::check() const {
    if (!key.empty() && certificate.empty())
        throw CLI::ValidationError("--key", "there is no --cert that it belongs to");
    if (least && most && *least > *most)
        throw CLI::ValidationError("--tls-max", "it is before the least version, which --tlsv1.3 says");
}
