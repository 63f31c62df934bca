#include <tandem/io/unix_listener.hpp>

#include <cerrno>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "io/listening_socket.hpp"
#include "io/unix_core.hpp"

namespace tandem {

namespace detail {

class unix_listener_core final : public listening_socket {
  public:
    unix_listener_core(unique_fd socket, const unix_address& at)
        : listening_socket(std::move(socket), at.to_string())
        , at_(at) {
        struct stat file {};
        if (at.is_abstract() || ::lstat(at.name().c_str(), &file) < 0) return;
        device_ = file.st_dev;
        inode_ = file.st_ino;
    }
    ~unix_listener_core() { close_and_remove(); }

    void close_and_remove() noexcept {
        if (descriptor() < 0) return;
        // Removed before it is closed: nobody shall find the file and be refused.
        struct stat file {};
        if (inode_ != 0 && ::lstat(at_.name().c_str(), &file) == 0 && file.st_dev == device_ &&
            file.st_ino == inode_)
            ::unlink(at_.name().c_str());
        close();
    }
    const unix_address& at() const noexcept { return at_; }

  private:
    unix_address at_;
    /// Which file is this listener's own.
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace detail

namespace {

[[noreturn]] void fail(const unix_address& at, const std::string& why, int error) {
    throw std::system_error(error, std::generic_category(), "listening at " + at.to_string() + why);
}

/// What is in the way at a path that cannot be had. Returns if it was a stale socket, which is gone now.
void clear_the_way(const unix_address& at, const unix_listen_options& options) {
    struct stat file {};
    if (at.is_abstract()) fail(at, ": another socket has that name", EADDRINUSE);
    if (::lstat(at.name().c_str(), &file) < 0) {
        if (errno == ENOENT) return;
        fail(at, "", errno);
    }
    if (!S_ISSOCK(file.st_mode)) fail(at, ": there is a file that is not a socket", EADDRINUSE);
    const detail::unix_socket_address address(at);
    const auto probe = detail::open_socket(AF_UNIX, SOCK_STREAM);
    if (::connect(probe.get(), address.data(), address.size()) == 0 || errno == EAGAIN)
        fail(at, ": another process listens there", EADDRINUSE);
    if (errno == ENOENT) return;
    if (errno != ECONNREFUSED) fail(at, ": cannot tell whether the socket there is still used", errno);
    if (!options.remove_stale())
        fail(at, ": there is the file of a socket at which nobody listens any more; remove it", EADDRINUSE);
    if (::unlink(at.name().c_str()) < 0 && errno != ENOENT)
        fail(at, ": cannot remove the file of a socket at which nobody listens any more", errno);
}

} // namespace

unix_listener unix_listener::listen(const unix_address& at, const unix_listen_options& options) {
    const detail::unix_socket_address address(at);
    auto socket = detail::open_socket(AF_UNIX, SOCK_STREAM);
    if (::bind(socket.get(), address.data(), address.size()) < 0) {
        if (errno != EADDRINUSE) fail(at, "", errno);
        clear_the_way(at, options);
        if (::bind(socket.get(), address.data(), address.size()) < 0) fail(at, "", errno);
    }
    auto core = std::make_unique<detail::unix_listener_core>(std::move(socket), at);
    if (options.permissions() && !at.is_abstract() && ::chmod(at.name().c_str(), *options.permissions()) < 0)
        fail(at, ": cannot set the permissions", errno);
    if (::listen(core->descriptor(), options.backlog()) < 0) fail(at, "", errno);
    return unix_listener(std::move(core));
}

unix_listener::unix_listener(std::unique_ptr<detail::unix_listener_core> core) noexcept
    : core_(std::move(core)) {}
unix_listener::unix_listener(unix_listener&& other) noexcept = default;
unix_listener& unix_listener::operator=(unix_listener&& other) noexcept = default;
unix_listener::~unix_listener() = default;

task<unix_stream> unix_listener::accept() {
    auto next = co_await core_->accept();
    co_return unix_stream(std::make_unique<detail::unix_core>(std::move(next.socket),
                                                              "a client of " + core_->at().to_string()));
}

const unix_address& unix_listener::local() const noexcept {
    return core_->at();
}

void unix_listener::close() noexcept {
    if (core_) core_->close_and_remove();
}

int unix_listener::native_handle() const noexcept {
    return core_ ? core_->descriptor() : -1;
}

} // namespace tandem
