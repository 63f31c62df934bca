// A real server for the client to talk to.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "support/certificates.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace test {

/// How an nginx differs from one that serves the files of its folder `www`.
struct nginx_setup {
    /// More directives for its server; paths in them are relative to the folder it runs in.
    std::string directives = {};
    /// It listens for https as well, with this certificate.
    std::optional<identity> who = {};
};

/// An nginx of the test's own, with one worker, on ports of 127.0.0.1 that were free, and with all that it
/// writes in a temporary folder. It accepts once the constructor is done, and is gone with the destructor, or
/// with the test's process, however that ends. Its replies say in a header `X-Connection` which of its
/// connections they came over, and the how manieth of that they are: "3/1".
class nginx {
  public:
    explicit nginx(const nginx_setup& setup = {});
    ~nginx();
    nginx(const nginx&) = delete;
    nginx& operator=(const nginx&) = delete;

    std::string url(std::string_view target = "/", std::string_view host = "127.0.0.1") const;
    std::string https_url(std::string_view target = "/", std::string_view host = "localhost") const;
    /// A Unix socket at which it listens as well.
    std::string unix_path() const { return folder_ / "socket"; }

    /// Writes a file to serve.
    void serve(std::string_view name, std::string_view content) const;
    /// What such a file holds, or one that a client has put there.
    std::string served(std::string_view name) const { return read_file(folder_.path() / "www" / name); }
    /// A file of that size without a byte in it.
    void serve_sparse(std::string_view name, std::uint64_t size) const;

    /// Has it read its configuration again (SIGHUP): a new worker takes over, and the old one closes its idle
    /// connections. Returns when the old one has gone.
    void reload();
    /// The same, without waiting for anything.
    void begin_reload() { process_->signal(1); }

  private:
    void write_configuration(const nginx_setup& setup);
    bool start();
    std::string latest_worker() const;

    temp_folder folder_;
    std::uint16_t port_ = 0;
    std::uint16_t tls_port_ = 0;
    std::unique_ptr<child_process> process_;
    /// The process id of the worker, as nginx writes it.
    std::string worker_;
};

} // namespace test
