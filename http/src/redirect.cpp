#include "redirect.hpp"

#include <algorithm>

namespace tandem::http::detail {

namespace {

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool becomes_get(int status, const std::string& method) {
    if (status == 303) return method != "GET" && method != "HEAD";
    return (status == 301 || status == 302) && method == "POST";
}

/// What speaks for the caller.
void drop_secrets(request_parts& parts) {
    for (const char* name : {"Authorization", "Cookie", "Proxy-Authorization"})
        parts.fields.remove(name);
    for (const auto& name : parts.secret_names)
        parts.fields.remove(name);
}

/// `referer` without what no other may see: the user name and password of its URL. Empty where it is no URL.
std::string without_user(std::string_view referer) {
    try {
        return url(referer).to_string();
    } catch (const bad_url&) {
        return {};
    }
}

/// Says in the Referer where a redirect has come from, as far as its target may know.
void tell_referer(headers& fields, const url& current, const url& target) {
    fields.remove("Referer");
    if (current.is_https() && !target.is_https()) return;
    const bool is_same = target.origin() == current.origin();
    fields.add("Referer", is_same ? current.to_string() : std::string(current.origin()) + '/');
}

} // namespace

std::optional<url> redirect_target(const reply_head& head, const url& current, const error_site& site) {
    if (!is_redirect(head.status)) return std::nullopt;
    const auto locations = head.fields.all("Location");
    if (locations.empty() || locations.front().empty()) return std::nullopt;
    for (const auto& each : locations)
        if (each != locations.front())
            site.fail<redirect_error>("redirected to two places at once: '" + std::string(locations.front()) +
                                      "' and '" + std::string(each) + "'");
    try {
        const auto target = current.resolve(locations.front());
        const bool has_fragment = locations.front().find('#') != std::string_view::npos;
        return has_fragment ? target : target.with_fragment(current.fragment());
    } catch (const bad_url& reason) {
        site.fail<redirect_error>("redirected to '" + std::string(reason.url()) + "', which is " +
                                  std::string(reason.cause()));
    }
}

void check_redirect(const request_settings& settings, const std::vector<redirect_hop>& before,
                    const url& current, const url& target, const error_site& site) {
    if (before.size() >= static_cast<std::size_t>(settings.max_redirects)) {
        const bool is_known =
            target == current ||
            std::any_of(before.begin(), before.end(), [&](const auto& hop) { return hop.from == target; });
        site.fail<redirect_error>("more than " + std::to_string(settings.max_redirects) + " redirects" +
                                  (is_known ? ", which lead in a circle" : ""));
    }
    if (!settings.allows_downgrade && current.is_https() && !target.is_https())
        site.fail<redirect_error>("redirected from https to " + target.to_string() +
                                  ", which this request forbids");
}

void follow_redirect(request_parts& parts, int status, const url& current, const url& target) {
    if (!parts.settings.keeps_method && becomes_get(status, parts.method)) {
        parts.method = "GET";
        parts.drop_body();
        parts.fields.remove("Expect");
    }
    if (parts.settings.tells_referer) tell_referer(parts.fields, current, target);
    if (target.origin() == current.origin()) return;
    parts.fields.remove("Host");
    if (!parts.settings.trusts_redirects) drop_secrets(parts);
    if (!parts.fields.contains("Referer")) return;
    const auto referer = without_user(parts.fields["Referer"]);
    parts.fields.remove("Referer");
    // RFC 9110 section 10.1.3: what was seen over https is no business of those who listen to http.
    const bool is_downgrade = referer.starts_with("https:") && !target.is_https();
    if (!referer.empty() && !is_downgrade) parts.fields.add("Referer", referer);
}

} // namespace tandem::http::detail
