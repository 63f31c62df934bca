// bench-floor-raw: system calls and nothing else, the floor of a large body. One connection, which blocks.
//
//     bench-floor-raw read-write|splice LIST FOLDER
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>

#include "link_list.hpp"
#include "saved_file.hpp"

using bench_floor::check;
using bench_floor::http_link;
using bench_floor::saved_file;

namespace {

constexpr std::size_t room = 256 * 1024;
constexpr int pipe_size = 1024 * 1024;

int connect_to(const std::string& port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(socket >= 0, "socket");
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0, "connect");
    return socket;
}

void ask(int socket, const http_link& one) {
    const std::string request = "GET " + one.target + " HTTP/1.1\r\nHost: 127.0.0.1:" + one.port + "\r\n\r\n";
    check(::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(request.size()),
          "send");
}

/// Moves up to `left` bytes of the body into a file; returns how many.
class mover {
  public:
    virtual ~mover() = default;
    virtual std::uint64_t move(int from, saved_file& to, std::uint64_t left) = 0;
};

class by_read_and_write final : public mover {
  public:
    std::uint64_t move(int from, saved_file& to, std::uint64_t left) override {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, room));
        const auto count = ::recv(from, bytes_.get(), most, 0);
        check(count >= 0, "recv");
        to.write({bytes_.get(), static_cast<std::size_t>(count)});
        return static_cast<std::uint64_t>(count);
    }

  private:
    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(room);
};

class by_splice final : public mover {
  public:
    by_splice() {
        check(::pipe2(ends_, O_CLOEXEC) == 0, "pipe");
        ::fcntl(ends_[1], F_SETPIPE_SZ, pipe_size); // which stays smaller where the user has too many
    }
    std::uint64_t move(int from, saved_file& to, std::uint64_t left) override {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, pipe_size));
        const auto count = ::splice(from, nullptr, ends_[1], nullptr, most, SPLICE_F_MOVE);
        check(count >= 0, "splice from the socket");
        for (auto in_pipe = static_cast<std::size_t>(count); in_pipe > 0;) {
            const auto out = ::splice(ends_[0], nullptr, to.descriptor(), nullptr, in_pipe, SPLICE_F_MOVE);
            check(out > 0, "splice to the file");
            in_pipe -= static_cast<std::size_t>(out);
        }
        return static_cast<std::uint64_t>(count);
    }

  private:
    int ends_[2];
};

std::uint64_t length_in(std::string_view head) {
    constexpr std::string_view field = "Content-Length: ";
    const auto at = head.find(field);
    std::uint64_t length = 0;
    if (at == head.npos) throw std::runtime_error("the reply has no Content-Length");
    std::from_chars(head.data() + at + field.size(), head.data() + head.size(), length);
    return length;
}

void fetch(int socket, const http_link& one, const std::string& folder, mover& moving) {
    ask(socket, one);
    std::string read;
    std::size_t end;
    do {
        char piece[4096];
        const auto count = ::recv(socket, piece, sizeof piece, 0);
        check(count > 0, "recv");
        read.append(piece, static_cast<std::size_t>(count));
        end = read.find("\r\n\r\n");
    } while (end == read.npos);
    saved_file file(folder + "/" + one.name, true);
    const std::string_view begin = std::string_view(read).substr(end + 4);
    file.write(begin);
    for (std::uint64_t left = length_in(read) - begin.size(); left > 0;) {
        const auto moved = moving.move(socket, file, left);
        if (moved == 0) throw std::runtime_error("the body is too short");
        left -= moved;
    }
    file.finish();
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) throw std::runtime_error("needs read-write|splice LIST FOLDER");
    std::unique_ptr<mover> moving;
    if (std::strcmp(argv[1], "splice") == 0)
        moving = std::make_unique<by_splice>();
    else
        moving = std::make_unique<by_read_and_write>();
    const auto links = bench_floor::read_links(argv[2]);
    const int socket = connect_to(links.front().port);
    for (const http_link& one : links)
        fetch(socket, one, argv[3], *moving);
} catch (const std::exception& error) {
    std::cerr << "bench-floor-raw: " << error.what() << '\n';
    return 1;
}
