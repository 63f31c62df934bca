// What can go wrong with TLS, in people's words.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <tandem/base/config.hpp>

namespace tandem {

/// What went wrong: the `code()` of a tls_failure.
enum class tls_errc {
    expired = 1,         ///< a certificate of the chain has expired
    not_yet_valid,       ///< a certificate of the chain is valid from a later time on
    wrong_host,          ///< the certificate is for other names
    self_signed,         ///< the certificate vouches for itself only
    unknown_authority,   ///< signed by nobody who is trusted here
    bad_certificate,     ///< not valid for another reason: revoked, a broken signature, the wrong purpose
    no_certificate,      ///< the client sent none where one is required
    alert_received,      ///< the peer gave up and said so in an alert
    protocol_version,    ///< no version of TLS that both allow
    no_shared_algorithm, ///< no cipher, group or signature that both allow
    no_shared_protocol,  ///< no application protocol (ALPN) that both speak
    not_tls,             ///< what arrived is no TLS
    truncated,           ///< the stream ended without close_notify (RFC 8446 section 6.1)
    protocol,            ///< what arrived breaks the protocol, or was changed on its way
    broken,              ///< an earlier write was cancelled in the middle
    unpinned_key,        ///< the certificate is valid, but of none of the keys that were pinned
    configuration,       ///< certificates, keys or settings that cannot be used
};

TANDEM_API const std::error_category& tls_category() noexcept;
TANDEM_API std::error_code make_error_code(tls_errc code) noexcept;

/// TLS could not be agreed on, or broke. `what()` reads `peer: cause` in one line:
///
///     example.org: its certificate is for example.com, www.example.com, not for example.org
///
/// `code()` is a tls_errc. Copying does not throw.
class TANDEM_API tls_failure : public std::system_error {
  public:
    /// `reason` is what OpenSSL calls it.
    tls_failure(tls_errc code, std::string_view peer, std::string_view cause, std::string_view reason = {});
    ~tls_failure() override;

    const char* what() const noexcept override;

    /// Whom we spoke with: the host that was asked for, or what the server calls its client.
    std::string_view peer() const noexcept;
    /// What happened, without the peer.
    std::string_view cause() const noexcept;
    /// The same in OpenSSL's few words ("certificate has expired"); where it has none, the cause.
    std::string_view reason() const noexcept;
    /// True where the peer's certificate was refused here.
    bool is_about_certificate() const noexcept;

  private:
    struct text;
    std::shared_ptr<const text> text_;
};

} // namespace tandem

template <> struct std::is_error_code_enum<tandem::tls_errc> : std::true_type {};
