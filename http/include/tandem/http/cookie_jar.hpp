// Cookies, kept between requests.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <tandem/base/config.hpp>
#include <tandem/http/cookie.hpp>
#include <tandem/http/url.hpp>

namespace tandem::http {

namespace detail {
class cookie_store;
}

/// What becomes of cookies without an end when a jar is written to a file, or read from one.
enum class session_cookies { keep, drop };

/// Keeps what servers set and gives it back to them, by RFC 6265bis:
///
///     http::cookie_jar jar;
///     http::client web(http::client_options().cookies(jar));
///     co_await web.post("https://example.org/login").form(fields).text();
///     co_await web.get("https://example.org/home").text();         // sends what the login has set
///     jar.save("cookies.txt");
///
/// A handle: copies are the same jar, and several clients may share one, on several threads too. Public
/// suffixes ("com", "co.uk") get no cookies; which they are, libpsl knows. A cookie lives for 400 days at
/// most; 180 of a domain and 3000 in all are kept, those go first that were not used for longest.
class TANDEM_API cookie_jar {
  public:
    using clock = std::function<cookie_time()>;

    /// An empty one. It takes the time from `now`, the system's clock where that is empty.
    explicit cookie_jar(clock now = {});

    /// Takes the value of a Set-Cookie field of a reply from `from`. Returns whether it was stored, or has
    /// ended one that was; a jar never says why not.
    bool store(const url& from, std::string_view set_cookie);

    /// The value of the Cookie field for a request to `to`: longer paths first, then the order in which they
    /// were set. Empty for none.
    std::string header_for(const url& to);

    /// Puts a cookie in, in place of one with the same name, domain and path. Throws std::invalid_argument
    /// for a name or value that RFC 6265bis does not let a server set, and for one without a domain.
    void set(cookie made);
    /// Takes out those with this name and domain. Returns how many there were.
    std::size_t remove(std::string_view name, std::string_view domain);
    void clear();
    /// Ends the session: takes out the cookies that have no end of their own.
    void end_session();

    /// Those that have not ended, in the order in which they were set.
    std::vector<cookie> cookies() const;
    std::size_t size() const { return cookies().size(); }

    /// Limits on how many cookies are kept, at least 1. Those over it go at once.
    void limits(std::size_t per_domain, std::size_t total);

    /// Adds the cookies of a file in Netscape's format, which curl and browsers' extensions write, too.
    /// Lines that are none are passed over, with a warning in the log. Returns how many were added. Throws
    /// std::system_error, which names the file.
    std::size_t load(const std::string& file, session_cookies which = session_cookies::keep);

    /// Writes such a file, readable by its owner only, and puts it in the place of an older one at once: the
    /// file is never half of one. SameSite has no place in the format. Throws std::system_error, which names
    /// the file.
    void save(const std::string& file, session_cookies which = session_cookies::keep) const;

    /// True for handles of one jar.
    friend bool operator==(const cookie_jar&, const cookie_jar&) noexcept = default;

  private:
    std::shared_ptr<detail::cookie_store> store_;
};

} // namespace tandem::http
