// The sessions that a client can take up again.
#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <openssl/ssl.h>

namespace tandem::detail {

struct session_deleter {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using session_pointer = std::unique_ptr<SSL_SESSION, session_deleter>;

/// Keeps the newest sessions of the hosts that were spoken with last. Thread safe.
class tls_sessions {
  public:
    explicit tls_sessions(std::size_t hosts) noexcept
        : most_hosts_(hosts) {}

    void put(const std::string& host, session_pointer session);

    /// The newest session of `host`, null if there is none. One of TLS 1.3 is forgotten by that: whoever
    /// listens shall not see that two connections come from one client (RFC 8446 appendix C.4).
    session_pointer take(const std::string& host);

    /// Forgets what a handshake with `host` has failed with.
    void forget(const std::string& host);

    std::size_t count() const;

  private:
    /// A server gives two or so at a time.
    static constexpr std::size_t most_a_host = 4;
    struct entry {
        std::string host;
        std::vector<session_pointer> sessions;
    };

    mutable std::mutex access_;
    const std::size_t most_hosts_;
    /// The host that was used last comes first.
    std::list<entry> entries_;
    std::unordered_map<std::string, std::list<entry>::iterator> by_host_;
};

} // namespace tandem::detail
