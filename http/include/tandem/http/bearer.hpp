// A token that speaks for whoever has it.
#pragma once
#include <functional>
#include <string>

#include <tandem/base/config.hpp>
#include <tandem/coro/task.hpp>

namespace tandem::http {

/// A bearer token (RFC 6750), or where to get one:
///
///     auto renew = [&]() -> tandem::task<std::string> {           // outlives the client
///         auto answer = co_await web.post(token_url).form(grant).json();
///         co_return std::string(answer.at("access_token").as_string());
///     };
///     http::client api(http::client_options().credentials("https://api.example.org", http::bearer(renew)));
///
/// `renew` is called when there is no token yet, and when the server answers 401 to the one there is: once
/// for all requests that fail meanwhile, each of which is then sent again, once, with the new token. What it
/// throws, those requests throw. Where the request that runs it is cancelled, another of them calls it
/// anew. A request with `renew`'s own credentials made within it goes out without them.
class TANDEM_API bearer {
  public:
    using source = std::function<task<std::string>()>;

    /// Throws std::invalid_argument for a token that cannot be sent: an empty one, or one with blanks,
    /// control characters or bytes beyond ASCII.
    explicit bearer(std::string token);
    explicit bearer(const char* token)
        : bearer(std::string(token)) {}
    explicit bearer(source renew);
    bearer(std::string token, source renew);

    /// Empty for none yet.
    const std::string& token() const noexcept { return token_; }
    /// Empty where a token that is refused cannot be replaced.
    const source& renew() const noexcept { return renew_; }

  private:
    std::string token_;
    source renew_;
};

} // namespace tandem::http
