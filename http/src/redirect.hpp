// Where a redirect leads, and what of the request goes along.
#pragma once
#include <optional>

#include <tandem/http/redirect_hop.hpp>
#include <tandem/http/url.hpp>

#include "error_site.hpp"
#include "reply_parser.hpp"
#include "request_parts.hpp"

namespace tandem::http::detail {

/// The target of a reply to a request for `current`, with the fragment that it inherits (RFC 9110 section
/// 10.2.2); nothing for a reply that is no redirect to be followed: it has another status, or names nothing.
/// Throws redirect_error for a target that is no http or https URL, and for several that differ.
std::optional<url> redirect_target(const reply_head& head, const url& current, const error_site& site);

/// Throws redirect_error where the settings do not allow one more redirect, from `current` to `target`.
void check_redirect(const request_settings& settings, const std::vector<redirect_hop>& before,
                    const url& current, const url& target, const error_site& site);

/// Makes of a request the one that follows a redirect with `status` from `current` to `target`. RFC 9110
/// section 15.4: 303 becomes a GET (HEAD stays), 301 and 302 do for POST, 307 and 308 change nothing.
/// Whatever speaks for the caller (Authorization, Cookie, Proxy-Authorization and the headers that he calls
/// secret, each value of them, and a Referer's user name) goes to no other origin, and does not come back
/// should a later redirect lead back. The settings may have it otherwise (keep_method, trust_redirects), and
/// have the Referer follow (auto_referer).
void follow_redirect(request_parts& parts, int status, const url& current, const url& target);

} // namespace tandem::http::detail
