// A request in the making.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/byte_units.hpp>
#include <tandem/base/clock.hpp>
#include <tandem/coro/stream.hpp>
#include <tandem/coro/task.hpp>
#include <tandem/http/form.hpp>
#include <tandem/http/headers.hpp>
#include <tandem/http/multipart.hpp>
#include <tandem/http/request_settings.hpp>
#include <tandem/http/response.hpp>
#include <tandem/http/retry_policy.hpp>
#include <tandem/http/saved.hpp>
#include <tandem/http/upload_progress.hpp>
#include <tandem/http/url.hpp>

namespace boost::json {
class value;
}

namespace tandem::http {

class bearer;
class download_options;
class downloaded;
class login;

namespace detail {
class client_core;
struct request_parts;
class set_run;
} // namespace detail

/// What `client::get` and its like return: add to it what the request needs, then call one of the last six
/// functions. Each gives a task that owns all it needs, so that it may be awaited at once or kept; a builder
/// may be used again.
///
///     auto page  = co_await web.get(link).header("Accept", "text/html").text();
///     auto saved = co_await web.get(link).save_to("images");
///     auto reply = co_await web.put(link).body_file("photo.jpg", "image/jpeg").send();
///
/// Its settings are the client's where the functions of request_setters say nothing else. Redirects are
/// followed. Every error is an http::error, which names the URL: connect_error, tls_error,
/// timeout_error, protocol_error with truncated_error and redirect_error, status_error, file_error.
/// Cancelling the task closes its connection and leaves no file; the client's other requests do not notice.
class TANDEM_API request_builder : public request_setters<request_builder> {
  public:
    request_builder(std::shared_ptr<detail::client_core> core, std::string method, url target);
    request_builder(const request_builder&);
    request_builder(request_builder&&) noexcept;
    request_builder& operator=(const request_builder&);
    request_builder& operator=(request_builder&&) noexcept;
    ~request_builder();

    /// Sends this header, in place of one that the client would send itself. Throws bad_request for a name
    /// that is no token and a value with a CR, LF or NUL.
    request_builder& header(std::string_view name, std::string_view value);

    /// The same for a header that speaks for the caller (`X-Api-Key`, a token): as Authorization, Cookie and
    /// Proxy-Authorization do, it reaches the origin of the request's URL only, and is dropped where a
    /// redirect leads to another scheme, host or port. A name once secret remains it, whatever `header` sets
    /// later.
    request_builder& secret_header(std::string_view name, std::string_view value);

    /// Sends no header of this name, which the client would send itself: User-Agent, Accept, Accept-Encoding,
    /// Content-Type, Expect. Throws bad_request for a name that is no token, and for Host, Content-Length and
    /// Transfer-Encoding, without which there is no request.
    request_builder& without_header(std::string_view name);

    /// Who sends this request: to the origin of its URL only, whatever the client's credentials say, unless
    /// it has an Authorization header. `basic_auth` is sent at once; `digest_auth` never sends the password;
    /// `any_auth` takes the strongest method that the server asks for. The last two cost a round trip, once
    /// for all requests made of this builder: where there are many, use `client_options::credentials`.
    /// Throw std::invalid_argument.
    request_builder& basic_auth(std::string user, std::string password);
    request_builder& digest_auth(std::string user, std::string password);
    request_builder& any_auth(std::string user, std::string password);
    /// A bearer token (RFC 6750). Throws std::invalid_argument.
    request_builder& bearer(std::string token);
    request_builder& credentials(const login& who);
    request_builder& credentials(const http::bearer& token);

    /// The body to send: a text or bytes, which go out as they are. This and the following functions each put
    /// theirs in the place of the others', and set a Content-Type, which `header` can replace. Throws
    /// bad_request for a type with control characters.
    request_builder& body(std::string text, std::string_view type = "text/plain; charset=utf-8");
    request_builder& body(std::span<const std::byte> bytes,
                          std::string_view type = "application/octet-stream");

    /// The content of a file, read while it is sent; it has to stay as long as it is then. A file that cannot
    /// be read is a file_error of the request.
    request_builder& body_file(std::string path, std::string_view type = "application/octet-stream");

    /// Whatever a generator gives, sent in chunks as it comes. A stream itself can be sent only once: not
    /// after a redirect that keeps the body, nor by a second task. A function is called for each sending.
    request_builder& body_stream(stream<std::string> chunks,
                                 std::string_view type = "application/octet-stream");
    request_builder& body_stream(std::function<stream<std::string>()> chunks,
                                 std::string_view type = "application/octet-stream");

    /// The fields of a form, as application/x-www-form-urlencoded.
    request_builder& form(const http::form& fields);

    /// Texts and files, as multipart/form-data.
    request_builder& multipart(const http::multipart& parts);

    /// A value as application/json; include <tandem/http/json.hpp>.
    request_builder& json(const boost::json::value& value);

    /// Asks the server before the body is sent (`Expect: 100-continue`, RFC 9110 section 10.1.1), so that one
    /// that refuses it need not read it. A server that says nothing gets the body after `limit`.
    request_builder& expect_continue(duration limit = std::chrono::seconds(1));

    /// Has `tell` called as the body goes out, after at most 64 KiB each. What it throws ends the request.
    request_builder& on_upload(std::function<void(const upload_progress&)> tell);

    /// Whether a status other than 2xx is a status_error; as it stands, for all but `send`.
    request_builder& raise_for_status(bool yes = true);

    /// How many bytes the body of the reply may have, decoded; a longer one is a body_too_large error, as
    /// soon as that is known.
    request_builder& max_body(std::uint64_t bytes);

    /// Whether gzip, deflate, br and zstd are asked for and taken off the body (at most five of them). As it
    /// stands they are, but for `save_to`, `save_as`, and a request with a Range header: those ask for
    /// the body as it is, and store whatever comes. `text` and `bytes` take 256 MiB of decoded bytes at most,
    /// where `max_body` does not say more. A body in another coding is handed out as it came.
    request_builder& decode(bool yes = true);

    /// Hands the body out as it stands on the wire: nothing is decoded (and no coding asked for), and one
    /// that comes in chunks keeps their sizes (RFC 9112 section 7.1) and its trailers. It is checked all the
    /// same. To look at what a server does; false by default.
    request_builder& raw(bool yes = true);

    /// Takes any certificate from anybody, for this request and its redirects only: what is sent is no secret
    /// from whoever sits on the way. A warning in the log says so each time. Its connections serve no request
    /// that verifies, nor the other way round.
    request_builder& insecure_accept_any_certificate();

    /// What it asks for.
    const url& target() const noexcept;
    const std::string& method() const noexcept;

    /// Has `save_to` and `save_as` go on where an earlier call for the same URL stopped, as `http::download`
    /// does with its defaults: by way of `NAME.part`, which stays where the request fails or is cancelled.
    /// What had the name is replaced all the same, and the request's own retries go on in mid-body.
    request_builder& resume(bool on = true);

    /// A command line that has curl send this request, for a POSIX shell: to try it by hand, or to show it to
    /// somebody. Values that speak for the caller (Authorization, Cookie, what `secret_header` set, passwords
    /// in URLs) stand as `***` unless asked for. What only the client knows (credentials of an origin, its
    /// cookies, middleware) is not in it, and a body that is a stream is left to the shell's input.
    std::string curl_command(bool with_secrets = false) const;

    /// The body of a 2xx reply; any other status is a status_error.
    task<std::string> text() const;
    task<std::vector<std::byte>> bytes() const;
    /// The same parsed, a protocol_error if it is not JSON; include <tandem/http/json.hpp>.
    task<boost::json::value> json() const;

    /// The reply as it is, whatever its status, once its header has arrived.
    task<response> send() const;

    /// Stores the body of a 2xx reply in `folder`, which is created if need be, under the name that the URL
    /// asked for implies (`url::file_name`; a redirect does not change it), and in the place of what had that
    /// name. It is streamed to a temporary name beside it, `.NAME.part-…`, and renamed when it is complete:
    /// whatever goes wrong, no partial file bears the name, and the temporary one is removed.
    task<saved> save_to(std::string folder) const;

    /// The same with the file's path given.
    task<saved> save_as(std::string file) const;

  private:
    friend class request_setters<request_builder>;
    friend task<downloaded> download(request_builder request, download_options options);
    friend class detail::set_run;
    detail::request_settings& stored_settings() noexcept;

    std::shared_ptr<detail::client_core> core_;
    std::unique_ptr<detail::request_parts> parts_;
};

} // namespace tandem::http
