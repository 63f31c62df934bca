// Says who somebody is, to a server or to a proxy.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <tandem/coro/task.hpp>
#include <tandem/http/bearer.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/login.hpp>

#include "error_site.hpp"
#include "outgoing_body.hpp"

namespace tandem::http::detail {

/// Where challenges and answers stand.
struct auth_fields {
    int status;
    const char* challenge;
    const char* credentials;
    const char* info;
};
/// RFC 9110 section 11.6.
constexpr auth_fields origin_auth{401, "WWW-Authenticate", "Authorization", "Authentication-Info"};
/// RFC 9110 section 11.7.
constexpr auth_fields proxy_auth{407, "Proxy-Authenticate", "Proxy-Authorization",
                                 "Proxy-Authentication-Info"};

/// What an authenticator has to know of the request that it speaks for.
struct auth_request {
    std::string_view method;
    /// As in the request line.
    std::string_view target;
    /// Null for none.
    const outgoing_body* body;
    const error_site& site;
};

/// Answers the challenges of one origin, or of one proxy, for all requests to it, and remembers what they
/// asked. To be used as a request is made:
///
///     sent = co_await who.authorize(request);            // the value of `credentials`, where not empty
///     … the reply's status is `status`: …
///     if (who.refused(reply, sent, times++)) … send again, from authorize on
///     … any other: …
///     who.accepted(reply);
///
/// Belongs to its client's loop, and has to outlive the calls.
class authenticator {
  public:
    virtual ~authenticator() = default;

    /// The value to send with this request; empty where the server has to ask first. May take as long as it
    /// takes to get a token: hold no connection meanwhile. Throws http::error, and what a user's function
    /// throws.
    virtual task<std::string> authorize(const auth_request& request) = 0;

    /// True where the next `authorize` would be empty: the request is a question only, and had better not
    /// spend a body that cannot be sent again.
    virtual bool waits_for_challenge() const noexcept = 0;

    /// Takes a reply that refused a request with `sent`, which was refused `times` times before. Returns
    /// whether sending it again may help: not with what was refused already.
    virtual bool refused(const headers& reply, std::string_view sent, int times) = 0;

    /// Takes a reply that refused nothing, and what it says of the next request.
    virtual void accepted(const headers& reply) = 0;
};

/// Speaks for the caller of one request to a server, or to a proxy.
struct spokesman {
    /// Null where nobody speaks, or a header of the request's own.
    std::shared_ptr<authenticator> who;
    /// What was said last; empty for nothing.
    std::string sent;
    /// How often the request has been refused there.
    int refusals = 0;

    /// Takes a refusal. Returns whether sending the request again may help.
    bool may_be_let_in(const headers& reply) { return who && who->refused(reply, sent, refusals++); }
};

/// `where` has to be one of the constants above.
std::shared_ptr<authenticator> make_authenticator(login who, const auth_fields& where);
std::shared_ptr<authenticator> make_authenticator(bearer token, const auth_fields& where);

/// The value for a user and a password, at once (RFC 7617).
std::string basic_authorization(std::string_view user, std::string_view password);

} // namespace tandem::http::detail
