// The Unix sockets at which processes let themselves be observed: one for each process, named after its id,
// in a folder that only its user can enter.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Opens `path`, made if it is missing, as a folder that belongs to this user and is open to nobody else.
/// Throws std::system_error, and std::runtime_error where it belongs to another, is a link, or is open to
/// others: then somebody may be lying in wait there.
unique_fd open_private_folder(const std::string& path);

/// Where this process puts its socket: below $XDG_RUNTIME_DIR if that is this user's, else /tmp/tandem-UID.
std::string own_socket_folder();

/// Where another process of the user `owner` may have put its own: the same two, and what its environment and
/// the system's custom say.
std::vector<std::string> socket_folders_of(int pid, uid_t owner);

/// "PID.sock".
std::string socket_name(int pid);
/// The id in a name of that form.
std::optional<int> pid_of_socket(const std::string& name);

/// A socket of this process that listens in `folder`; what dead processes left there is removed. Throws
/// std::system_error.
unique_fd listen_in(const unique_fd& folder);
/// Removes this process' name, and nobody else's.
void remove_from(const unique_fd& folder) noexcept;

/// A connection to the socket of `pid` in the folder at `path`; throws std::system_error.
unique_fd connect_in(const std::string& path, int pid);

/// Who is at the other end of a connected Unix socket.
struct peer {
    int pid;
    uid_t user;
};
peer peer_of(const unique_fd& connection);

} // namespace tandem::detail
