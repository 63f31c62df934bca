// How a client and a server speak TLS.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/config.hpp>

namespace tandem {

enum class tls_version {
    tls_1_2, ///< RFC 5246
    tls_1_3, ///< RFC 8446
};

/// Whether a server asks its clients for certificates.
enum class tls_client_certificates {
    ignored,  ///< does not ask
    optional, ///< asks; one that is sent has to be valid
    required, ///< refuses a client without a valid one
};

namespace detail {

/// A certificate with those that lead to its authority, and its key: files, or their text.
struct tls_identity {
    std::string chain;
    std::string key;
    bool are_files = false;
    bool empty() const noexcept { return chain.empty(); }
};

/// Throws std::invalid_argument where a name is no protocol's: 1 to 255 bytes each (RFC 7301).
TANDEM_API std::vector<std::string> checked_protocols(std::vector<std::string> names);

/// The 32 bytes of a public key's SHA-256 that `text` stands for. Throws std::invalid_argument.
TANDEM_API std::string checked_pin(std::string_view text);
/// The same of the key in a file.
TANDEM_API std::string pin_of_file(const std::string& path);

} // namespace detail

/// The settings of clients; the defaults are what a client should have: TLS 1.2 and later, and only servers
/// with a certificate for their name that an authority of the system vouches for.
///
///     tls_context context(tls_client_options().ca_file("company.pem").protocols({"h2", "http/1.1"}));
class TANDEM_API tls_client_options {
  public:
    /// A file of PEM certificates to trust in place of the system's.
    tls_client_options& ca_file(std::string path) {
        ca_file_ = std::move(path);
        return *this;
    }
    /// The same as text.
    tls_client_options& ca_pem(std::string text) {
        ca_pem_ = std::move(text);
        return *this;
    }

    /// The certificate to show to servers that ask for one, with those that lead to its authority, and its
    /// key: PEM files. Keys under a password are refused: nobody is there to be asked.
    tls_client_options& certificate_file(std::string chain, std::string key) {
        identity_ = {std::move(chain), std::move(key), true};
        return *this;
    }
    /// The same as text.
    tls_client_options& certificate_pem(std::string chain, std::string key) {
        identity_ = {std::move(chain), std::move(key), false};
        return *this;
    }

    /// The name that the server's certificate has to be for, and that it is told (SNI), in place of the host
    /// that was asked for.
    tls_client_options& server_name(std::string name) {
        server_name_ = std::move(name);
        return *this;
    }

    /// The SHA-256 of a public key (of its SubjectPublicKeyInfo) in base64, with or without curl's `sha256//`
    /// before it: of several, one has to be the key of the server's certificate or of an authority that
    /// vouches for it, beside all else that is verified (RFC 7469 section 2.4). Where any certificate is
    /// accepted, it has to be the server's own key, as nobody vouches for the others. A server with other
    /// keys fails the handshake. tls_certificate::public_key_sha256 tells a server's. Throws
    /// std::invalid_argument.
    tls_client_options& pin_public_key(std::string_view sha256) {
        pins_.push_back(detail::checked_pin(sha256));
        return *this;
    }

    /// The same with the key in a PEM or DER file: a public key, or a certificate. The file is read now.
    /// Throws std::invalid_argument, which names it.
    tls_client_options& pin_public_key_file(const std::string& path) {
        pins_.push_back(detail::pin_of_file(path));
        return *this;
    }

    /// The application protocols to offer (ALPN), best first. Throws std::invalid_argument.
    tls_client_options& protocols(std::vector<std::string> names) {
        protocols_ = detail::checked_protocols(std::move(names));
        return *this;
    }

    tls_client_options& minimum_version(tls_version version) noexcept {
        minimum_version_ = version;
        return *this;
    }
    tls_client_options& maximum_version(tls_version version) noexcept {
        maximum_version_ = version;
        return *this;
    }

    /// Of how many hosts a context remembers sessions, so that the next handshake with them is shorter; 256
    /// by default, 0 remembers none.
    tls_client_options& remembered_hosts(std::size_t count) noexcept {
        remembered_hosts_ = count;
        return *this;
    }

    /// A file that the secrets of each connection are appended to, for Wireshark (NSS key log format). Who
    /// reads it reads the connections. Nothing by default; the environment is not asked.
    tls_client_options& key_log_file(std::string path) {
        key_log_file_ = std::move(path);
        return *this;
    }

    /// Takes any certificate from anybody: the connection is no secret from whoever sits on the way. For
    /// tests and for devices that have nothing better.
    tls_client_options& insecure_accept_any_certificate() noexcept {
        verifies_ = false;
        return *this;
    }

    const std::string& ca_file() const noexcept { return ca_file_; }
    const std::string& ca_pem() const noexcept { return ca_pem_; }
    const detail::tls_identity& identity() const noexcept { return identity_; }
    const std::string& server_name() const noexcept { return server_name_; }
    /// As bytes, not in base64.
    const std::vector<std::string>& pinned_keys() const noexcept { return pins_; }
    const std::vector<std::string>& protocols() const noexcept { return protocols_; }
    tls_version minimum_version() const noexcept { return minimum_version_; }
    tls_version maximum_version() const noexcept { return maximum_version_; }
    std::size_t remembered_hosts() const noexcept { return remembered_hosts_; }
    const std::string& key_log_file() const noexcept { return key_log_file_; }
    bool verifies() const noexcept { return verifies_; }

  private:
    std::string ca_file_;
    std::string ca_pem_;
    detail::tls_identity identity_;
    std::string server_name_;
    std::string key_log_file_;
    std::vector<std::string> pins_;
    std::vector<std::string> protocols_;
    std::size_t remembered_hosts_ = 256;
    tls_version minimum_version_ = tls_version::tls_1_2;
    tls_version maximum_version_ = tls_version::tls_1_3;
    bool verifies_ = true;
};

/// The settings of servers.
///
///     tls_context context(tls_server_options().certificate_file("chain.pem", "key.pem"));
class TANDEM_API tls_server_options {
  public:
    /// The server's certificate, with those that lead to its authority, and its key: PEM files. A server has
    /// to have one. Keys under a password are refused.
    tls_server_options& certificate_file(std::string chain, std::string key) {
        identity_ = {std::move(chain), std::move(key), true};
        return *this;
    }
    /// The same as text.
    tls_server_options& certificate_pem(std::string chain, std::string key) {
        identity_ = {std::move(chain), std::move(key), false};
        return *this;
    }

    /// Whether clients have to show a certificate, and in which PEM file those stand that may vouch for
    /// them.
    tls_server_options& client_certificates(tls_client_certificates rule, std::string file) {
        client_rule_ = rule;
        client_ca_file_ = std::move(file);
        return *this;
    }

    /// The application protocols to choose from (ALPN), best first: the first that the client offers as well
    /// is taken, and a client that offers none of them is refused (RFC 7301). One that offers nothing is let
    /// in. Throws std::invalid_argument.
    tls_server_options& protocols(std::vector<std::string> names) {
        protocols_ = detail::checked_protocols(std::move(names));
        return *this;
    }

    tls_server_options& minimum_version(tls_version version) noexcept {
        minimum_version_ = version;
        return *this;
    }
    tls_server_options& maximum_version(tls_version version) noexcept {
        maximum_version_ = version;
        return *this;
    }

    /// How many tickets a client gets after a TLS 1.3 handshake, each good for one shorter handshake; 2 by
    /// default. 0 turns resumption off, for TLS 1.2 as well.
    tls_server_options& session_tickets(std::size_t count) noexcept {
        tickets_ = count;
        return *this;
    }

    /// As tls_client_options::key_log_file.
    tls_server_options& key_log_file(std::string path) {
        key_log_file_ = std::move(path);
        return *this;
    }

    const detail::tls_identity& identity() const noexcept { return identity_; }
    tls_client_certificates client_rule() const noexcept { return client_rule_; }
    const std::string& client_ca_file() const noexcept { return client_ca_file_; }
    const std::vector<std::string>& protocols() const noexcept { return protocols_; }
    tls_version minimum_version() const noexcept { return minimum_version_; }
    tls_version maximum_version() const noexcept { return maximum_version_; }
    std::size_t session_tickets() const noexcept { return tickets_; }
    const std::string& key_log_file() const noexcept { return key_log_file_; }

  private:
    detail::tls_identity identity_;
    std::string client_ca_file_;
    std::string key_log_file_;
    std::vector<std::string> protocols_;
    std::size_t tickets_ = 2;
    tls_version minimum_version_ = tls_version::tls_1_2;
    tls_version maximum_version_ = tls_version::tls_1_3;
    tls_client_certificates client_rule_ = tls_client_certificates::ignored;
};

} // namespace tandem
