// A request on its way through middleware.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include <tandem/http/headers.hpp>
#include <tandem/http/request_settings.hpp>
#include <tandem/http/response.hpp>
#include <tandem/http/retry_policy.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

namespace detail {
class client_core;
struct request_parts;
} // namespace detail

/// What middleware is given: the request as it stands, to look at, to change, and to pass on, once or several
/// times. A copy is a request of its own. The functions of request_setters change its settings.
class TANDEM_API outgoing : public request_setters<outgoing> {
  public:
    outgoing(std::shared_ptr<detail::client_core> core, detail::request_parts parts);
    outgoing(const outgoing&);
    outgoing(outgoing&&) noexcept;
    outgoing& operator=(const outgoing&);
    outgoing& operator=(outgoing&&) noexcept;
    ~outgoing();

    const std::string& method() const noexcept;
    const http::url& url() const noexcept;
    /// Those that the caller or middleware has set; the client's own come later.
    const http::headers& headers() const noexcept;

    /// Throws bad_request, as client::request.
    outgoing& method(std::string verb);
    /// Goes there. Errors name this URL, too.
    outgoing& url(http::url target);
    /// Sets a header in place of one of this name. Throws bad_request, as request_builder::header.
    outgoing& header(std::string_view name, std::string_view value);
    outgoing& remove_header(std::string_view name);
    /// Sends this body in place of the one that it has.
    outgoing& body(std::string text, std::string_view type = "text/plain; charset=utf-8");

    /// A reply made here, for a request that need not be sent.
    response answer(int status, std::string body = {}, http::headers fields = {}) const;

    /// As request_builder::curl_command.
    std::string curl_command(bool with_secrets = false) const;

  private:
    friend class request_setters<outgoing>;
    friend class next;
    detail::request_settings& stored_settings() noexcept;

    std::shared_ptr<detail::client_core> core_;
    std::unique_ptr<detail::request_parts> parts_;
};

} // namespace tandem::http
