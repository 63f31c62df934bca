// What can go wrong with a request. Every error names the URL first and the cause after it, in one line.
#pragma once
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>

namespace tandem::http {

/// The base of every error of this library: `what()` reads `URL: cause`, without line breaks and without the
/// user name and password a URL may carry. Copying does not throw.
class TANDEM_API error : public std::runtime_error {
  public:
    error(std::string_view url, std::string_view cause);

    /// The URL that was asked for. After a redirect it is still the one the caller gave; the cause names the
    /// other.
    std::string_view url() const noexcept { return std::string_view(what()).substr(0, url_size_); }

    /// What happened, without the URL.
    std::string_view cause() const noexcept { return std::string_view(what()).substr(url_size_ + 2); }

  private:
    std::size_t url_size_;
};

/// The text is no URL that a request can go to.
class TANDEM_API bad_url : public error {
  public:
    using error::error;
};

/// A header's name or value, or a method, that would break the request apart (RFC 9110 section 5.5).
class TANDEM_API bad_request : public error {
  public:
    using error::error;
};

/// The host could not be resolved or reached, or the connection broke before a reply began.
class TANDEM_API connect_error : public error {
  public:
    using error::error;
};

/// The client's connect_filter refuses every address of the host.
class TANDEM_API address_refused : public connect_error {
  public:
    using connect_error::connect_error;
};

/// A proxy did not let the request through to its target: it refused, or did not speak its protocol.
/// `cause()` names both. (One that cannot be reached is a connect_error, whose cause names it, too.)
class TANDEM_API proxy_error : public connect_error {
  public:
    /// `code` as `code()`.
    proxy_error(std::string_view url, std::string_view cause, int code)
        : connect_error(url, cause)
        , code_(code) {}

    /// How it refused: the status of its reply to CONNECT, or its SOCKS reply code; 0 where it did not.
    int code() const noexcept { return code_; }

  private:
    int code_;
};

/// The TLS handshake failed, or the server's certificate is not to be trusted; no request byte was sent.
class TANDEM_API tls_error : public error {
  public:
    using error::error;
};

/// Which of a request's time-outs ran out; what each counts is said at time_limits.
enum class time_limit {
    queue,      ///< no connection was free
    connect,    ///< until TCP stands, name lookup included
    tls,        ///< the TLS handshake
    first_byte, ///< the server did not begin its reply
    read,       ///< the server sent nothing between two bytes
    write,      ///< the server took nothing of the request; as long as `read`
    total,      ///< the whole request
    low_speed,  ///< the server sent too little over a while
};

/// A time-out of the request ran out: `cause()` says which, and how long it was.
class TANDEM_API timeout_error : public error {
  public:
    /// `more` is said behind the limit.
    timeout_error(std::string_view url, time_limit which, double seconds, std::string_view more = {});

    time_limit which() const noexcept { return which_; }

  private:
    time_limit which_;
};

/// The reply breaks HTTP's rules or this client's limits.
class TANDEM_API protocol_error : public error {
  public:
    using error::error;
};

/// The reply ended before its body was complete.
class TANDEM_API truncated_error : public protocol_error {
  public:
    using protocol_error::protocol_error;
};

/// The body is longer than `max_body`, or than what a client decodes.
class TANDEM_API body_too_large : public protocol_error {
  public:
    using protocol_error::protocol_error;
};

/// A redirect leads nowhere: too many of them, none to follow, or to a target that is no http or https URL.
class TANDEM_API redirect_error : public protocol_error {
  public:
    using protocol_error::protocol_error;
};

/// The reply's status is not 2xx, where the caller wants its body.
class TANDEM_API status_error : public error {
  public:
    status_error(std::string_view url, int status, std::string_view reason,
                 std::optional<duration> retry_after = std::nullopt);

    int status() const noexcept { return status_; }
    /// How long the server asks to be left alone (`Retry-After`), where it does, as of when the reply came.
    std::optional<duration> retry_after() const noexcept { return retry_after_; }

  private:
    int status_;
    std::optional<duration> retry_after_;
};

/// The body could not be stored: `path()` is the file or folder that refused.
class TANDEM_API file_error : public error {
  public:
    /// `code` is an errno value; `why` says more than its usual words do, and in their place.
    file_error(std::string_view url, std::string_view path, int code, std::string_view why = {});

    std::string_view path() const noexcept { return cause().substr(0, path_size_); }
    int code() const noexcept { return code_; }

  private:
    std::size_t path_size_;
    int code_;
};

/// The name of a download is taken, and nothing said that it may be replaced (if_exists).
class TANDEM_API file_exists : public file_error {
  public:
    file_exists(std::string_view url, std::string_view path, std::string_view why = {});
};

/// The bytes that came are not those that were expected (download_options::checksum); there is no file.
class TANDEM_API checksum_error : public error {
  public:
    using error::error;
};

} // namespace tandem::http
