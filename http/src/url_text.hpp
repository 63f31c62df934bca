// How the parts of a URL are spelled.
#pragma once
#include <string>
#include <string_view>

namespace tandem::http::detail {

/// A URL cut apart at its delimiters, as browsers cut it (a backslash before the query is a slash), each part
/// as it was written.
struct url_pieces {
    std::string_view scheme;
    std::string_view user_info;
    std::string_view host;
    std::string_view port;
    std::string_view path;     ///< with the slash it begins with, if there is one
    std::string_view query;    ///< with its question mark; empty if there is none
    std::string_view fragment; ///< without its number sign
    /// Behind the scheme stood "//"; else nothing but the scheme was looked for.
    bool has_authority = false;
    /// Something else than a port stands behind the host.
    bool has_stray_text = false;
};
url_pieces cut_apart(std::string_view text) noexcept;

/// The parts with what must not stand in them percent-encoded, by the sets of the URL standard of browsers
/// (WHATWG): what is encoded already, and a percent sign that encodes nothing, stay as they are.
std::string encoded_path(std::string_view path);
std::string encoded_query(std::string_view query);
std::string encoded_fragment(std::string_view fragment);
std::string encoded_user_info(std::string_view user_info);

/// An absolute path without its dot segments (RFC 3986 section 5.2.4); "%2e" is a dot too, as in browsers.
std::string without_dots(std::string_view path);
/// False where it has none, as most have: found out in less time.
bool may_have_dots(std::string_view path) noexcept;

std::string_view without_blanks_around(std::string_view text) noexcept;

/// `text` as an error may show it: without a user name and password.
std::string without_credentials(std::string_view text);

} // namespace tandem::http::detail
