// A user name with its password.
#pragma once
#include <string>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// How a login may be proved.
enum class login_method {
    any,    ///< as the server asks: the strongest of its Digest challenges, else Basic
    basic,  ///< Basic (RFC 7617), sent at once: the server, and everybody on the way of plain HTTP, reads it
    digest, ///< Digest (RFC 7616) and nothing else: the password is never sent
};

/// Who a client is to a server:
///
///     http::client web(http::client_options()
///                          .credentials("https://api.example.org", http::login("me", "secret"))
///                          .credentials("https://old.example.org", http::login("me", "other").digest()));
///
/// User and password are sent as the bytes they are, which should be UTF-8. A value.
class TANDEM_API login {
  public:
    /// Throws std::invalid_argument for control characters.
    login(std::string user, std::string password);

    /// Restricts it to one method, both returned by `*this`; `basic` throws std::invalid_argument for a user
    /// name with a colon, which Basic cannot tell from the one before the password.
    login& basic();
    login& digest() noexcept {
        method_ = login_method::digest;
        return *this;
    }

    const std::string& user() const noexcept { return user_; }
    const std::string& password() const noexcept { return password_; }
    login_method method() const noexcept { return method_; }

  private:
    std::string user_;
    std::string password_;
    login_method method_ = login_method::any;
};

} // namespace tandem::http
