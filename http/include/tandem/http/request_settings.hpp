// What a client does with each of its requests, and a request may do otherwise.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tandem/base/clock.hpp>
#include <tandem/base/config.hpp>
#include <tandem/http/time_limits.hpp>
#include <tandem/io/endpoint.hpp>
#include <tandem/io/tls_options.hpp>

namespace tandem::http {

class cookie_jar;
class login;
class netrc;
class retry_policy;

namespace detail {

/// An address to use for a host, where a URL names it at this port.
struct host_address {
    /// In lower case; "*" for any.
    std::string host;
    /// 0 for any.
    std::uint16_t port;
    endpoint address;
};

/// Another place to connect to than the one that a URL names.
struct detour {
    /// In lower case; empty for any.
    std::string host;
    /// 0 for any.
    std::uint16_t port;
    /// Empty and 0 for the URL's.
    std::string to_host;
    std::uint16_t to_port;
};

class proxy_settings;

struct request_settings {
    time_limits limits;
    /// Addresses in place of what a resolver says; null for none.
    std::shared_ptr<const std::vector<host_address>> resolved;
    /// Null for none.
    std::shared_ptr<const std::vector<detour>> detours;
    /// Null for the defaults.
    std::shared_ptr<const tls_client_options> tls;
    /// Connections go there in place of the URL's host; empty for the host.
    std::string unix_socket;
    std::optional<endpoint> local_address;
    /// Null for what the environment says.
    std::shared_ptr<const proxy_settings> proxying;
    /// Null for none.
    std::shared_ptr<const retry_policy> retries;
    std::shared_ptr<cookie_jar> cookies;
    std::shared_ptr<const netrc> logins;
    /// How much of a body that nobody wants is read, and for how long, so that its connection can serve
    /// again.
    std::size_t drain_limit = 64 * 1024;
    duration drain_timeout = std::chrono::seconds(1);
    int max_redirects = 20;
    bool allows_downgrade = true;
    bool keeps_method = false;
    bool trusts_redirects = false;
    bool tells_referer = false;
    bool retries_stale = true;
    bool verifies = true;
};

// What the setters do beyond storing. They throw std::invalid_argument.
TANDEM_API void set_unix_socket(request_settings& to, std::string path);
TANDEM_API void add_address(request_settings& to, std::string_view host, std::uint16_t port,
                            const endpoint& address);
TANDEM_API void add_detour(request_settings& to, detour way);
TANDEM_API void set_tls(request_settings& to, tls_client_options options);
TANDEM_API void set_cookies(request_settings& to, const cookie_jar& jar);
TANDEM_API void set_netrc_file(request_settings& to, const std::string& path);
TANDEM_API void set_usual_netrc(request_settings& to);
TANDEM_API void set_ca_file(request_settings& to, std::string path);
TANDEM_API void set_retries(request_settings& to, bool on);
TANDEM_API void set_retries(request_settings& to, const retry_policy& policy);
TANDEM_API void set_proxy(request_settings& to, std::string_view proxy);
TANDEM_API void set_pre_proxy(request_settings& to, std::string_view proxy);
TANDEM_API void set_no_proxy(request_settings& to, std::string_view list);
TANDEM_API void set_proxy_tunnel(request_settings& to, bool on);
TANDEM_API void add_proxy_header(request_settings& to, std::string_view name, std::string_view value);
TANDEM_API void set_proxy_login(request_settings& to, const login& who);
TANDEM_API void set_proxy_from_environment(request_settings& to, bool on);

} // namespace detail

/// The settings that client_options and request_builder have in common: a client's hold for each of its
/// requests that does not say otherwise.
///
///     http::client web(http::client_options().connect_timeout(5s).max_redirects(5));
///     auto page = co_await web.get(link).total_timeout(10s).max_redirects(0).text();
template <class Self> class request_setters {
  public:
    /// How long it may wait for a connection to be free; as long as it takes by default.
    Self& queue_timeout(duration length) noexcept {
        settings().limits.queue = length;
        return self();
    }
    /// How long it may take until a TCP connection stands, name lookup included; 30 s by default.
    Self& connect_timeout(duration length) noexcept {
        settings().limits.connect = length;
        return self();
    }
    /// How long the TLS handshake may take; 30 s by default.
    Self& tls_timeout(duration length) noexcept {
        settings().limits.tls = length;
        return self();
    }
    /// How long the server may think before the first byte of its reply; as read_timeout by default.
    Self& first_byte_timeout(duration length) noexcept {
        settings().limits.first_byte = length;
        return self();
    }
    /// How long the server may send nothing, or take nothing, between two bytes; 60 s by default.
    Self& read_timeout(duration length) noexcept {
        settings().limits.read = length;
        return self();
    }
    /// How long the whole request may take, from waiting for a connection to the body's last byte; by default
    /// as long as it likes.
    Self& total_timeout(duration length) noexcept {
        settings().limits.total = length;
        return self();
    }
    /// Gives up on a server that sends less than `bytes` a second on average over `window`; by default any
    /// speed will do.
    Self& low_speed_limit(std::uint64_t bytes, duration window = std::chrono::seconds(30)) noexcept {
        settings().limits.low_speed = bytes;
        settings().limits.low_speed_window = window;
        return self();
    }

    /// How many redirects are followed; 20 by default. 0 follows none and hands out the redirect itself.
    Self& max_redirects(int count) noexcept {
        settings().max_redirects = count;
        return self();
    }
    /// Whether a redirect may lead from https to http; true by default, as in browsers. Where it may not,
    /// such a redirect is a redirect_error.
    Self& follow_downgrades(bool on) noexcept {
        settings().allows_downgrade = on;
        return self();
    }
    /// Whether redirects keep the method and the body, those too that make a GET of other methods (RFC 9110
    /// section 15.4: 303, and by custom 301 and 302 of POST); false by default.
    Self& keep_method(bool on = true) noexcept {
        settings().keeps_method = on;
        return self();
    }
    /// Whether what speaks for the caller (Authorization, Cookie, secret headers, the request's own
    /// credentials) goes along to whatever origin a redirect leads to; false by default. A server that is
    /// asked can then have them sent to anybody.
    Self& trust_redirects(bool on = true) noexcept {
        settings().trusts_redirects = on;
        return self();
    }
    /// Whether each request that follows a redirect says in its Referer which URL has led there, in place of
    /// what the first one said; false by default. Another origin is told no more than the origin, and http
    /// nothing of https (RFC 9110 section 10.1.3), as browsers have it
    /// (https://w3c.github.io/webappsec-referrer-policy/, strict-origin-when-cross-origin).
    Self& auto_referer(bool on = true) noexcept {
        settings().tells_referer = on;
        return self();
    }

    /// Whether an idempotent request (RFC 9110 section 9.2.2) that meets the server closing its idle
    /// connection is sent again, once, on a new one; true by default. It is never sent again once a byte of a
    /// reply has come.
    Self& retry_stale(bool on) noexcept {
        settings().retries_stale = on;
        return self();
    }

    /// Whether a request that failed is sent again, by the defaults of retry_policy; it is not unless this or
    /// the next function says so, so that who has retries of his own is not surprised by more.
    Self& retry(bool on = true) {
        detail::set_retries(settings(), on);
        return self();
    }
    /// The same by a policy.
    Self& retry(const retry_policy& policy) {
        detail::set_retries(settings(), policy);
        return self();
    }

    /// How much of a body that nobody wants (a redirect's, an error's) is read so that its connection can
    /// serve again, and for how long; 64 KiB and 1 s by default. Beyond it the connection is closed.
    Self& drain_limit(std::size_t bytes, duration length = std::chrono::seconds(1)) noexcept {
        settings().drain_limit = bytes;
        settings().drain_timeout = length;
        return self();
    }

    /// Connects to this Unix socket, whatever host the URL names: that still is the Host header and what a
    /// certificate has to be for. Throws std::invalid_argument for a path that no socket can have.
    Self& unix_socket(std::string path) {
        detail::set_unix_socket(settings(), std::move(path));
        return self();
    }
    /// The address of this machine, in numbers, that connections come from; addresses of the other family
    /// cannot be reached then. Throws std::invalid_argument.
    Self& local_address(std::string_view address) {
        settings().local_address = endpoint(address, 0);
        return self();
    }

    /// Connects to `address`, in numbers, where a URL names `host` (in any case, at any port), in place of
    /// what the resolver says. Called again for the same host it adds an address; they are tried as a
    /// resolver's are. Throws std::invalid_argument.
    Self& resolve(std::string_view host, std::string_view address) {
        return resolve(host, endpoint(address, 0));
    }
    /// The same with the port to connect to in place of the URL's; 0 is the URL's.
    Self& resolve(std::string_view host, const endpoint& address) {
        detail::add_address(settings(), host, 0, address);
        return self();
    }
    /// The same for URLs with this port only; `host` may be "*", which is any that nothing else is given for.
    Self& resolve_at(std::string_view host, std::uint16_t port, std::string_view address) {
        detail::add_address(settings(), host, port, endpoint(address, 0));
        return self();
    }

    /// Connects to `other` at `other_port` where a URL names `host` at `port`: the Host header, and what a
    /// certificate has to be for, stay the URL's. An empty `host` and a `port` of 0 are any; an empty `other`
    /// and a 0 there the URL's. Of several the first that fits holds. An HTTP proxy is asked for a tunnel
    /// then, for http targets too.
    Self& connect_to(std::string_view host, std::uint16_t port, std::string_view other,
                     std::uint16_t other_port) {
        detail::add_detour(settings(), {std::string(host), port, std::string(other), other_port});
        return self();
    }

    /// Goes through this proxy: `[scheme://][user:password@]host[:port]`, where the scheme is
    ///
    /// - `http`, the default, or `https` (TLS to the proxy itself): https targets are reached by CONNECT, so
    ///   that the proxy sees nothing but their names; requests for http targets are handed to it. User name
    ///   and password go to it as Basic credentials.
    /// - `socks5h` (RFC 1928, 1929) or `socks4a`: the proxy resolves the target's name; `socks5` or `socks4`:
    ///   it is resolved here.
    ///
    /// The port is 80, 443 or 1080 where none is said. Empty text goes to every host directly. What the
    /// environment says does not hold then, its no_proxy neither. Each redirect asks anew whether its target
    /// has a proxy. `connect_timeout` covers all until bytes can go to the target. The `connect_filter` is
    /// not asked about the proxy's address, which no stranger chooses, but about the target's where that is
    /// resolved here or stands in the URL in numbers; to what a name leads the proxy decides. A proxy's
    /// certificate is always verified, by the authorities of `tls` or `ca_file`. Throws
    /// std::invalid_argument.
    Self& proxy(std::string_view url) {
        detail::set_proxy(settings(), url);
        return self();
    }
    /// Reaches the proxy, whichever it is, through this SOCKS proxy, in the form of `proxy`; empty for none.
    /// Hosts that are reached directly do not take it either. Throws std::invalid_argument.
    Self& pre_proxy(std::string_view url) {
        detail::set_pre_proxy(settings(), url);
        return self();
    }
    /// Hosts to reach directly, as in NO_PROXY: `*`, `example.org` (and all below it), `.example.org`,
    /// `10.1.2.3`, `10.0.0.0/8`, `[fd00::1]`, `fd00::/8`, `host:8080`, separated by commas or blanks. It adds
    /// to what the environment says, and takes the place of what was set here before.
    Self& no_proxy(std::string_view list) {
        detail::set_no_proxy(settings(), list);
        return self();
    }
    /// Has an HTTP proxy make a tunnel (CONNECT) for http targets, too; false by default.
    Self& proxy_tunnel(bool on = true) {
        detail::set_proxy_tunnel(settings(), on);
        return self();
    }
    /// A header for an HTTP proxy, which the target does not see unless the proxy passes it on: it goes with
    /// CONNECT, and with requests that are handed to it. Throws std::invalid_argument.
    Self& proxy_header(std::string_view name, std::string_view value) {
        detail::add_proxy_header(settings(), name, value);
        return self();
    }
    /// Who the client is to an HTTP proxy, whichever it is, in place of the user name and password in its
    /// URL: a `login` waits for the proxy to ask (407) and answers the strongest of its challenges, Digest or
    /// Basic; `login(…).digest()` never sends the password, `login(…).basic()` sends it at once (RFC 9110
    /// section 11.7). It goes with CONNECT, and with requests that are handed to the proxy; no target sees
    /// it, and connections that were made with it serve nobody else. Where `proxy_header`, or the header of
    /// a request that is handed over, has a Proxy-Authorization, that is sent and this is not. A SOCKS proxy
    /// takes what its URL says.
    Self& proxy_login(const login& who) {
        detail::set_proxy_login(settings(), who);
        return self();
    }
    /// Goes by what the environment says, which is the default: `http_proxy` (not HTTP_PROXY, which a web
    /// server may have set to a visitor's words), `https_proxy` or `HTTPS_PROXY`, else `all_proxy` or
    /// `ALL_PROXY`, and `no_proxy` or `NO_PROXY`, as they are when the client is made. Takes back `proxy`.
    /// This machine itself (localhost, loopback addresses) is reached directly then.
    Self& proxy_from_environment() {
        detail::set_proxy_from_environment(settings(), true);
        return self();
    }
    /// Takes no notice of the environment.
    Self& no_environment() {
        detail::set_proxy_from_environment(settings(), false);
        return self();
    }

    /// A file of PEM certificates to trust in place of the system's. It is read at the first https request.
    Self& ca_file(std::string path) {
        detail::set_ca_file(settings(), std::move(path));
        return self();
    }
    /// How TLS is spoken: authorities, a client certificate, pinned keys, versions, the server's name, a key
    /// log. Files are read when they are needed first, once for all requests with equal options. Throws
    /// std::invalid_argument for options that accept any certificate: only a single request can ask for that,
    /// by request_builder::insecure_accept_any_certificate.
    Self& tls(tls_client_options options) {
        detail::set_tls(settings(), std::move(options));
        return self();
    }

    /// Sends the cookies of this jar, and keeps in it what replies set, those of redirects and errors too; by
    /// default cookies are ignored. Several clients may share a jar. A Cookie header of the request's own
    /// goes first, in the same field, and takes the place of the jar's cookies with the same names.
    Self& cookies(const cookie_jar& jar) {
        detail::set_cookies(settings(), jar);
        return self();
    }

    /// Looks for a login in a netrc file, and sends it as Basic (RFC 7617) to the origin of the request's
    /// URL, and to no other. An Authorization header of the request, its own credentials, user:password of
    /// its URL (but a user alone gets the password of that user's entry), and the client's credentials for
    /// the origin go before it. The file is read now. Throws netrc_error.
    Self& netrc_file(const std::string& path) {
        detail::set_netrc_file(settings(), path);
        return self();
    }
    /// The same with the file that the environment variable NETRC names, else ~/.netrc if there is one.
    Self& netrc() {
        detail::set_usual_netrc(settings());
        return self();
    }

  protected:
    ~request_setters() = default;
    request_setters() = default;
    request_setters(const request_setters&) = default;
    request_setters(request_setters&&) = default;
    request_setters& operator=(const request_setters&) = default;
    request_setters& operator=(request_setters&&) = default;

  private:
    Self& self() noexcept { return static_cast<Self&>(*this); }
    detail::request_settings& settings() noexcept { return self().stored_settings(); }
};

} // namespace tandem::http
