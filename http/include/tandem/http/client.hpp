// The HTTP client.
#pragma once
#include <memory>

#include <tandem/http/client_options.hpp>
#include <tandem/http/client_statistics.hpp>
#include <tandem/http/error.hpp>
#include <tandem/http/request_builder.hpp>

namespace tandem::http {

/// Speaks HTTP/1.1 over plain and TLS connections, which it keeps and uses again, one pool for each origin.
///
///     http::client web;
///     std::cout << co_await web.get("https://example.org/").text();
///
/// Certificates are verified against the system's authorities (or `ca_file`) and the host's name, with
/// TLS 1.2 at least. A request that finds its idle connection closed by the server is sent again once, on a
/// new one, where that does no harm: its method is idempotent (RFC 9110 section 9.2.2), its body can be sent
/// again, and no byte of a reply has come.
///
/// Use it from one loop's thread; any number of requests at a time. It may be destroyed while requests of its
/// own are under way: they end as if it still lived.
class TANDEM_API client {
  public:
    client();
    explicit client(const client_options& options);
    client(client&&) noexcept;
    client& operator=(client&&) noexcept;
    /// Closes the idle connections.
    ~client();

    /// A GET request for `target`, an http::url or a text (which throws bad_url).
    request_builder get(url target) const;
    request_builder head(url target) const;
    request_builder post(url target) const;
    request_builder put(url target) const;
    request_builder patch(url target) const;
    /// DELETE, which is a word of the language.
    request_builder delete_(url target) const;

    /// A request with any method but CONNECT. Throws bad_request for one that is no token (RFC 9110 section
    /// 9.1).
    request_builder request(std::string method, url target) const;

    client_statistics statistics() const noexcept;

  private:
    std::shared_ptr<detail::client_core> core_;
};

} // namespace tandem::http
