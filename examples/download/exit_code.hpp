// What tandem-get's exit status says.
#pragma once
#include <exception>

/// Also those of the man page, which tells them to users.
enum class exit_code {
    done = 0,
    some_failed = 1,    ///< for different reasons, or for none of those below
    usage = 2,          ///< the command line, or what it names, cannot be understood; no URL
    file = 3,           ///< cannot be written, or its name is taken
    network = 4,        ///< no name, no way, no connection, a proxy that refuses
    tls = 5,            ///< no trust, no handshake
    authentication = 6, ///< 401, or 407 of a proxy
    protocol = 7,       ///< a reply that is none, or is cut short; a redirect to nowhere
    http = 8,           ///< any other status that is no success
    checksum = 9,
    limit = 10, ///< of time, or of size
    interrupted = 130,
};

/// The one for a failure, which must not be null.
exit_code exit_code_of(const std::exception_ptr& failure) noexcept;
