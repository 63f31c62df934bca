#include "support/nginx.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace test {
namespace {

constexpr const char* started = "start worker process ";

/// Nobody listens there now; somebody may before nginx does, and it then has to try another.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool done = socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    if (!done) throw std::system_error(errno, std::generic_category(), "a free port");
    ::close(socket);
    return ntohs(address.sin_port);
}

std::string on_loopback(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

} // namespace

nginx::nginx(const nginx_setup& setup) {
    std::filesystem::create_directory(folder_.path() / "www");
    if (setup.who) {
        folder_.write("certificate.pem", setup.who->certificate);
        folder_.write("key.pem", setup.who->key);
    }
    constexpr int most_tries = 5;
    for (int i = 0; i < most_tries; ++i) {
        port_ = free_port();
        tls_port_ = free_port();
        write_configuration(setup);
        if (start()) return;
    }
    throw std::runtime_error("nginx finds no free port");
}

nginx::~nginx() {
    process_->signal(SIGTERM);
    process_->wait();
}

void nginx::write_configuration(const nginx_setup& setup) {
    std::string text;
    // Started by root it would give its worker to a user who cannot look into the folder.
    if (::geteuid() == 0) text += "user root;\n";
    text += "daemon off;\nworker_processes 1;\npid nginx.pid;\nerror_log stderr notice;\n"
            "events { worker_connections 512; }\nhttp {\n  access_log off;\n"
            "  types { text/html html; text/plain txt; }\n";
    for (const char* use : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += "  " + std::string(use) + "_temp_path " + use + ";\n";
    text += "  server {\n    listen " + on_loopback(port_) + ";\n    listen unix:" + unix_path() + ";\n";
    if (setup.who)
        text += "    listen " + on_loopback(tls_port_) +
                " ssl;\n    ssl_certificate certificate.pem;\n    ssl_certificate_key key.pem;\n"
                "    ssl_session_cache shared:sessions:1m;\n";
    text += "    root www;\n    add_header X-Connection $connection/$connection_requests always;\n" +
            setup.directives + "\n  }\n}\n";
    folder_.write("nginx.conf", text);
}

/// Returns false where somebody else has taken a port.
bool nginx::start() {
    const std::string where = folder_.path().string();
    // SIGTERM from the kernel when this process dies before it has said so itself.
    process_ = std::make_unique<child_process>(
        std::vector<std::string>{"/usr/bin/setpriv", "--pdeathsig", "TERM", "/usr/sbin/nginx", "-e", "stderr",
                                 "-p", where, "-c", folder_ / "nginx.conf"});
    try {
        process_->wait_for_errors(started);
    } catch (const std::runtime_error&) {
        if (process_->errors().find("Address already in use") == std::string::npos) throw;
        std::filesystem::remove(unix_path());
        return false;
    }
    worker_ = latest_worker();
    return true;
}

/// The latest one that it says it has started; it writes a line as a whole.
std::string nginx::latest_worker() const {
    const auto& said = process_->errors();
    const auto at = said.rfind(started) + std::string_view(started).size();
    return said.substr(at, said.find('\n', at) - at);
}

void nginx::reload() {
    begin_reload();
    process_->wait_for_errors("worker process " + worker_ + " exited with code 0");
    worker_ = latest_worker();
}

void nginx::serve(std::string_view name, std::string_view content) const {
    const auto path = folder_.path() / "www" / name;
    std::filesystem::create_directories(path.parent_path());
    folder_.write(path.lexically_relative(folder_.path()).string(), content);
}

void nginx::serve_sparse(std::string_view name, std::uint64_t size) const {
    serve(name, "");
    std::filesystem::resize_file(folder_.path() / "www" / name, size);
}

std::string nginx::url(std::string_view target, std::string_view host) const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + std::string(target);
}

std::string nginx::https_url(std::string_view target, std::string_view host) const {
    return "https://" + std::string(host) + ":" + std::to_string(tls_port_) + std::string(target);
}

} // namespace test
