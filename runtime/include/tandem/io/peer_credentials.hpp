// Who is at the other end of a Unix socket.
#pragma once
#include <sys/types.h>

namespace tandem {

/// The process that connected, or listened, as the system vouches for it: as of that moment (unix(7),
/// SO_PEERCRED).
struct peer_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

} // namespace tandem
