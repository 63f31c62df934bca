#include <tandem/io/unix_stream.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>

#include <tandem/coro/sleep.hpp>

#include "io/socket_address.hpp"
#include "io/unix_core.hpp"

namespace tandem {

unix_address::unix_address(std::string path)
    : unix_address(std::move(path), false) {}

unix_address::unix_address(std::string name, bool is_abstract)
    : name_(std::move(name))
    , is_abstract_(is_abstract) {
    constexpr std::size_t most = sizeof(sockaddr_un::sun_path) - 1;
    if (name_.empty() || name_.size() > most)
        throw std::invalid_argument("the name of a Unix socket has 1 to " + std::to_string(most) +
                                    " bytes: '" + name_ + "'");
    if (!is_abstract_ && name_.find('\0') != std::string::npos)
        throw std::invalid_argument("the path of a Unix socket contains no zero byte");
}

unix_address unix_address::abstract(std::string name) {
    return unix_address(std::move(name), true);
}

std::string unix_address::to_string() const {
    std::string text = is_abstract_ ? "@" + name_ : name_;
    std::replace(text.begin(), text.end(), '\0', '@');
    return text;
}

namespace detail {

unix_socket_address::unix_socket_address(const unix_address& address) noexcept {
    const std::string& name = address.name();
    address_.sun_family = AF_UNIX;
    // The zero stands before an abstract name, and behind a path.
    std::memcpy(address_.sun_path + address.is_abstract(), name.data(), name.size());
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
}

} // namespace detail

task<unix_stream> unix_stream::connect(unix_address to) {
    // The system knows no wait for room in the listener's queue.
    constexpr duration first_pause = std::chrono::milliseconds(1),
                       longest_pause = std::chrono::milliseconds(50);
    const detail::unix_socket_address address(to);
    auto core =
        std::make_unique<detail::unix_core>(detail::open_socket(AF_UNIX, SOCK_STREAM), to.to_string());
    const int socket = core->descriptor().get();
    for (duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        if (::connect(socket, address.data(), address.size()) == 0) break;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) core->fail("connecting to", errno);
        co_await sleep(pause);
    }
    co_return unix_stream(std::move(core));
}

std::pair<unix_stream, unix_stream> unix_stream::pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) < 0)
        throw std::system_error(errno, std::generic_category(), "opening a pair of sockets");
    detail::unique_fd one(ends[0]), other(ends[1]);
    return {unix_stream(std::make_unique<detail::unix_core>(std::move(one), "the other end of a pair")),
            unix_stream(std::make_unique<detail::unix_core>(std::move(other), "the other end of a pair"))};
}

unix_stream unix_stream::adopt(int descriptor) {
    sockaddr_un remote{};
    socklen_t size = sizeof remote;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&remote), &size) < 0)
        throw std::system_error(errno, std::generic_category(), "adopting a Unix socket");
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        throw std::system_error(errno, std::generic_category(), "making a socket non-blocking");
    return unix_stream(
        std::make_unique<detail::unix_core>(detail::unique_fd(descriptor), "an adopted socket"));
}

int unix_stream::release() noexcept {
    return core_ ? core_->descriptor().release() : -1;
}

unix_stream::unix_stream(std::unique_ptr<detail::unix_core> core) noexcept
    : core_(std::move(core)) {}
unix_stream::unix_stream(unix_stream&& other) noexcept = default;
unix_stream& unix_stream::operator=(unix_stream&& other) noexcept = default;
unix_stream::~unix_stream() = default;

task<std::size_t> unix_stream::read_some(std::span<char> room) {
    return core_->read_some(room);
}

task<std::size_t> unix_stream::write_some(std::string_view bytes) {
    return core_->write_some(bytes);
}

task<> unix_stream::write(std::string_view bytes) {
    return core_->write(bytes);
}

task<> unix_stream::close_write() {
    core_->close_write();
    co_return;
}

void unix_stream::close() noexcept {
    if (core_) core_->close();
}

bool unix_stream::is_quiet() noexcept {
    return core_->is_quiet();
}

peer_credentials unix_stream::peer() const {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
        throw std::system_error(errno, std::generic_category(),
                                "asking who is at the other end of a Unix socket");
    return {who.pid, who.uid, who.gid};
}

int unix_stream::native_handle() const noexcept {
    return core_ ? core_->descriptor().get() : -1;
}

} // namespace tandem
