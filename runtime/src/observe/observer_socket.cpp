#include "observe/observer_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace tandem::detail {
namespace {

constexpr const char* variable = "XDG_RUNTIME_DIR";
constexpr std::string_view ending = ".sock";

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

bool belongs_to(const std::string& folder, uid_t user) {
    struct stat found {};
    return folder.starts_with('/') && ::stat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) &&
           found.st_uid == user;
}

std::string folder_in_tmp(uid_t user) {
    return "/tmp/tandem-" + std::to_string(user);
}

/// What the environment of another process says of `variable`; empty if that cannot be read.
std::string runtime_folder_of(int pid) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
    const std::string wanted = std::string(variable) + '=';
    for (std::string entry; std::getline(in, entry, '\0');)
        if (entry.starts_with(wanted)) return entry.substr(wanted.size());
    return {};
}

/// An address through the open folder: no other can take its place meanwhile, and no path is too long.
sockaddr_un address_in(const unique_fd& folder, int pid) {
    const std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + '/' + socket_name(pid);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), std::min(path.size() + 1, sizeof address.sun_path - 1));
    return address;
}

unique_fd make_socket() {
    unique_fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (made.get() < 0) fail("socket");
    return made;
}

void remove_stale(const unique_fd& folder) {
    // A second descriptor: closedir closes the one it reads.
    DIR* const list = ::fdopendir(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!list) return;
    while (const dirent* each = ::readdir(list)) {
        const auto pid = pid_of_socket(each->d_name);
        if (pid && (*pid == ::getpid() || (::kill(*pid, 0) != 0 && errno == ESRCH)))
            ::unlinkat(folder.get(), each->d_name, 0);
    }
    ::closedir(list);
}

} // namespace

unique_fd open_private_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail("cannot make " + path);
    unique_fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.get() < 0) {
        if (errno == ELOOP || errno == ENOTDIR) throw std::runtime_error(path + " is no folder");
        fail("cannot open " + path);
    }
    struct stat found {};
    if (::fstat(folder.get(), &found) != 0) fail("cannot look at " + path);
    if (found.st_uid != ::geteuid()) throw std::runtime_error(path + " belongs to another user");
    if (found.st_mode & 0077)
        throw std::runtime_error(path + " is open to other users: chmod 700 it, or remove it");
    return folder;
}

std::string own_socket_folder() {
    const char* const base = std::getenv(variable);
    if (base && belongs_to(base, ::geteuid())) return std::string(base) + "/tandem";
    return folder_in_tmp(::geteuid());
}

std::vector<std::string> socket_folders_of(int pid, uid_t owner) {
    std::vector<std::string> all;
    const auto add = [&](const std::string& folder) {
        if (std::find(all.begin(), all.end(), folder) == all.end()) all.push_back(folder);
    };
    if (const std::string base = runtime_folder_of(pid); belongs_to(base, owner)) add(base + "/tandem");
    if (owner == ::geteuid()) add(own_socket_folder());
    add("/run/user/" + std::to_string(owner) + "/tandem");
    add(folder_in_tmp(owner));
    return all;
}

std::string socket_name(int pid) {
    return std::to_string(pid) + std::string(ending);
}

std::optional<int> pid_of_socket(const std::string& name) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || pid <= 0 || end != name.data() + name.size() - ending.size() ||
        !name.ends_with(ending))
        return std::nullopt;
    return pid;
}

unique_fd listen_in(const unique_fd& folder) {
    // Nobody is taken for dead between having looked and having made his socket.
    ::flock(folder.get(), LOCK_EX);
    remove_stale(folder);
    unique_fd made = make_socket();
    ::fchmod(made.get(), 0600); // the mode that bind gives its file
    const sockaddr_un address = address_in(folder, ::getpid());
    const bool is_bound =
        ::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(made.get(), 16) == 0;
    const int error = errno;
    ::flock(folder.get(), LOCK_UN);
    if (!is_bound) {
        errno = error;
        fail("cannot listen for observers");
    }
    return made;
}

void remove_from(const unique_fd& folder) noexcept {
    ::unlinkat(folder.get(), (std::to_string(::getpid()) + ".sock").c_str(), 0);
}

unique_fd connect_in(const std::string& path, int pid) {
    const unique_fd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0) fail(path);
    unique_fd made = make_socket();
    const sockaddr_un address = address_in(folder, pid);
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(path);
    return made;
}

peer peer_of(const unique_fd& connection) {
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        fail("SO_PEERCRED");
    return {credentials.pid, credentials.uid};
}

} // namespace tandem::detail
