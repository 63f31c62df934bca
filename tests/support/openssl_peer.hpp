// The openssl program as the other end of a TLS connection.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_pair.hpp"

namespace test {

inline constexpr const char* openssl_program = "/usr/bin/openssl";

/// `openssl s_server` on a port of its own on 127.0.0.1, with the tests' certificate for localhost. What is
/// written to its input it sends to the client; "K\n" updates keys, "Q\n" ends it.
class openssl_server {
  public:
    explicit openssl_server(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments = {
            openssl_program, "s_server",
            "-accept",       "127.0.0.1:0",
            "-cert",         folder_.write("chain.pem", test_identity().certificate),
            "-key",          folder_.write("key.pem", test_identity().key)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        child_options options;
        options.input = true;
        options.folder = folder_.path().string();
        process_ = std::make_unique<child_process>(arguments, options);
        const std::string mark = "ACCEPT 127.0.0.1:";
        process_->wait_for_output(mark); // which comes with the port, in one write
        const auto at = process_->output().find(mark) + mark.size();
        port_ = static_cast<std::uint16_t>(std::stoi(process_->output().substr(at)));
    }

    std::uint16_t port() const noexcept { return port_; }
    child_process& process() noexcept { return *process_; }
    const temp_folder& folder() const noexcept { return folder_; }

  private:
    temp_folder folder_;
    std::unique_ptr<child_process> process_;
    std::uint16_t port_ = 0;
};

/// `openssl s_client` that connects to 127.0.0.1, trusts the tests' authority and demands a certificate for
/// localhost.
inline std::unique_ptr<child_process> openssl_client(std::uint16_t port,
                                                     const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {openssl_program,
                                          "s_client",
                                          "-connect",
                                          "127.0.0.1:" + std::to_string(port),
                                          "-CAfile",
                                          test_authority().file(),
                                          "-verify_return_error",
                                          "-verify_hostname",
                                          "localhost",
                                          "-servername",
                                          "localhost"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    child_options options;
    options.input = true;
    return std::make_unique<child_process>(arguments, options);
}

} // namespace test
