// An http or https URL as a value.
#pragma once
#include <compare>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include <tandem/base/config.hpp>

namespace tandem::http {

/// An absolute http or https URL, checked and brought to one spelling when it is made, as browsers do (the
/// URL standard of WHATWG): scheme and host in lower case, a host in other scripts in its xn-- form (IDNA),
/// an address in its usual one, dot segments resolved (RFC 3986 section 5.2.4), the default port dropped.
/// Blanks around it are trimmed, and what must not stand in it (spaces, quotes, bytes beyond ASCII) is
/// percent-encoded; what is encoded already stays as it is, to the letter, and so does a stray percent sign,
/// so that what was signed stays signed. Unlike in browsers control characters are refused: no URL can break
/// a request apart.
///
/// A value: copy it freely; `const` use from several threads is safe.
class TANDEM_API url {
  public:
    /// Throws bad_url, which names the text and what is wrong with it.
    url(std::string_view text);
    url(const std::string& text)
        : url(std::string_view(text)) {}
    url(const char* text)
        : url(std::string_view(text)) {}

    /// The same with the dot segments of the path left as they stand, for servers that mean something by
    /// them (curl's --path-as-is). What is resolved against it later has none.
    static url with_path_as_is(std::string_view text) { return url(text, false); }

    /// "http" or "https".
    std::string_view scheme() const noexcept { return is_https() ? "https" : "http"; }
    bool is_https() const noexcept { return text_[4] == 's'; }

    /// The host as a resolver takes it: an IPv6 address stands without its brackets.
    std::string_view host() const noexcept;

    /// The port written in the URL, else the scheme's.
    std::uint16_t port() const noexcept { return port_; }

    static constexpr std::uint16_t default_port(bool https) noexcept { return https ? 443 : 80; }

    /// `host` or `host:port` with what brackets are needed: the Host header's value.
    std::string_view authority() const noexcept { return slice(is_https() ? 8 : 7, path_begin_); }

    /// `scheme://host[:port]`: what shares connections and credentials.
    std::string_view origin() const noexcept { return slice(0, path_begin_); }

    /// Path and query: the request line's target. Never empty.
    std::string_view target() const noexcept { return slice(path_begin_, size()); }

    /// The path alone, still encoded.
    std::string_view path() const noexcept { return slice(path_begin_, query_begin_); }

    /// The `user:password` before the host, still encoded, or nothing. No other function shows it.
    std::string_view user_info() const noexcept { return user_info_; }

    /// What stands behind the '#', encoded: never sent to a server (RFC 9110 section 4.2.5), and of no
    /// account when URLs are compared.
    std::string_view fragment() const noexcept { return fragment_; }
    /// The same URL with another fragment. Throws bad_url for control characters.
    url with_fragment(std::string_view fragment) const;

    /// The whole URL but for user name, password and fragment: fit for a log.
    const std::string& to_string() const noexcept { return text_; }

    /// The URL that `reference` means when this one's reply names it (RFC 3986 section 5.2): absolute, or
    /// relative to this. Throws bad_url.
    url resolve(std::string_view reference) const;

    /// A safe name for a file that holds this URL's content: the path's last segment, percent-decoded, base
    /// name only, never hidden, without '/' or control characters, at most 200 bytes (the extension is kept);
    /// "index.html" where the path names none.
    std::string file_name() const;

    friend bool operator==(const url& a, const url& b) noexcept {
        return a.text_ == b.text_ && a.user_info_ == b.user_info_;
    }
    friend std::strong_ordering operator<=>(const url& a, const url& b) noexcept {
        if (auto order = a.text_ <=> b.text_; order != 0) return order;
        return a.user_info_ <=> b.user_info_;
    }

  private:
    url(std::string_view text, bool resolves_dots);
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(text_.size()); }
    std::string_view slice(std::uint32_t from, std::uint32_t to) const noexcept {
        return std::string_view(text_).substr(from, to - from);
    }

    /// Scheme to query, normalised; the numbers below are offsets into it.
    std::string text_;
    std::string user_info_;
    std::string fragment_;
    std::uint32_t host_begin_ = 0;
    std::uint32_t host_end_ = 0;
    std::uint32_t path_begin_ = 0;
    std::uint32_t query_begin_ = 0;
    std::uint16_t port_ = 0;
};

TANDEM_API std::ostream& operator<<(std::ostream& out, const url& u);

} // namespace tandem::http

template <> struct std::hash<tandem::http::url> {
    std::size_t operator()(const tandem::http::url& u) const noexcept {
        return std::hash<std::string>()(u.to_string());
    }
};
