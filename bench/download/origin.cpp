#include "download/origin.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "download/programs.hpp"

namespace bench {
namespace {

namespace fs = std::filesystem;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

class socket_number {
  public:
    socket_number()
        : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (number_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
    }
    socket_number(const socket_number&) = delete;
    socket_number& operator=(const socket_number&) = delete;
    ~socket_number() { ::close(number_); }
    int get() const { return number_; }

  private:
    int number_;
};

/// A port that was free a moment ago: nginx cannot be asked which one it got.
std::uint16_t free_port() {
    const socket_number door;
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    if (::bind(door.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        ::getsockname(door.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
        throw std::system_error(errno, std::generic_category(), "a free port");
    return ntohs(at.sin_port);
}

bool answers(std::uint16_t port) {
    const socket_number caller;
    const sockaddr_in at = loopback(port);
    return ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

/// Everything that nginx would otherwise look for in folders of root's.
std::string nginx_settings(const fs::path& at, const fs::path& root, std::uint16_t port) {
    std::string text = "daemon off; master_process off;\n"
                       "pid " +
                       (at / "nginx.pid").string() +
                       ";\n"
                       "error_log " +
                       (at / "nginx.log").string() +
                       ";\n"
                       "events { worker_connections 8192; }\n"
                       "http {\n"
                       "    access_log off; sendfile on; tcp_nopush on;\n"
                       "    keepalive_requests 1000000000; open_file_cache max=20000;\n";
    for (const char* what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
        text += "    " + std::string(what) + "_temp_path " + (at / what).string() + ";\n";
    return text + "    server { listen 127.0.0.1:" + std::to_string(port) + " backlog=4096; root " +
           root.string() + "; }\n}\n";
}

void write_file(const fs::path& path, std::uint64_t size) {
    static const std::string piece = [] {
        std::string made(1024 * 1024, '\0');
        std::uint32_t state = 1;
        for (char& byte : made)
            byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        return made;
    }();
    std::ofstream out(path, std::ios::binary);
    for (std::uint64_t left = size; left > 0;) {
        const auto count = std::min<std::uint64_t>(left, piece.size());
        out.write(piece.data(), static_cast<std::streamsize>(count));
        left -= count;
    }
    out.close();
    if (!out) throw std::system_error(errno, std::generic_category(), path);
}

} // namespace

latency_server::latency_server(const scratch& at)
    : process_({own_program("bench-latency-server")}, at.path() / "latency-server.log", true)
    , base_("http://127.0.0.1:" + process_.read_line() + "/") {}

numbered_links latency_server::links(int milliseconds, std::uint64_t size, std::size_t count) const {
    return {base_ + std::to_string(milliseconds) + "/" + std::to_string(size) + "/", count};
}

file_server::file_server(const std::string& nginx, const scratch& at)
    : root_(at.fresh("root"))
    , port_(free_port()) {
    const auto program = find_program(nginx);
    if (!program) throw std::runtime_error(nginx + " is not installed");
    const fs::path settings = at.path() / "nginx.conf";
    std::ofstream(settings) << nginx_settings(at.path(), root_, port_);
    const fs::path log = at.path() / "nginx.out";
    process_.emplace(std::vector<std::string>{*program, "-p", at.path(), "-c", settings}, log);
    for (int tries = 0; !answers(port_); ++tries) {
        if (tries == 500 || !process_->is_running()) throw std::runtime_error("nginx does not start");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

numbered_links file_server::links(std::uint64_t size, std::size_t count) {
    const std::string folder = std::to_string(size);
    fs::create_directory(root_ / folder);
    for (std::size_t i = 0; i < count; ++i)
        write_file(root_ / folder / numbered_links::name(i), size);
    return {"http://127.0.0.1:" + std::to_string(port_) + "/" + folder + "/", count};
}

void file_server::clear() {
    for (const auto& folder : fs::directory_iterator(root_))
        fs::remove_all(folder);
}

} // namespace bench
