// Who an exchange is to the server that it asks: credentials and cookies.
#include "exchange.hpp"

#include <tandem/http/cookie_jar.hpp>
#include <tandem/http/netrc.hpp>

#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

/// Whether the Cookie field `given` has a cookie of this name.
bool has_cookie(std::string_view given, std::string_view name) {
    while (!given.empty()) {
        auto pair = given.substr(0, given.find(';'));
        given.remove_prefix(std::min(pair.size() + 1, given.size()));
        pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
        if (pair.substr(0, pair.find('=')) == name) return true;
    }
    return false;
}

} // namespace

/// Decides who speaks for the caller at the origin that it is at. Only the one that was asked first hears
/// what the caller said for this request (his header, his credentials, those in the URL, and netrc's), unless
/// he trusts whatever it redirects to.
void exchange::identify() {
    at_origin_ = spokesman();
    if (parts_.fields.contains(origin_auth.credentials)) return;
    if (parts_.who && (hops_.empty() || parts_.settings.trusts_redirects)) {
        at_origin_.who = parts_.who;
        return;
    }
    if (hops_.empty() && !current().user_info().empty()) {
        const auto given = current().user_info();
        const auto user = percent_decoded(given.substr(0, given.find(':')));
        std::string password;
        if (const auto colon = given.find(':'); colon != given.npos)
            password = percent_decoded(given.substr(colon + 1));
        else if (const auto* entry = netrc_entry_for(user))
            password = entry->password;
        parts_.fields.add(origin_auth.credentials, basic_authorization(user, password));
        return;
    }
    at_origin_.who = core_->authenticator_for(current().origin());
    if (at_origin_.who || !hops_.empty()) return;
    if (const auto* entry = netrc_entry_for(""))
        parts_.fields.add(origin_auth.credentials, basic_authorization(entry->login, entry->password));
}

/// The same for a proxy that is handed the request. One that makes a tunnel is told by whoever opens that.
void exchange::identify_to_proxy() {
    at_proxy_ = spokesman();
    if (!route_->hands_to_proxy(current()) || parts_.fields.contains(proxy_auth.credentials)) return;
    at_proxy_.who = route_->proxy_login();
}

const netrc_entry* exchange::netrc_entry_for(std::string_view user) const noexcept {
    const auto& logins = parts_.settings.logins;
    return logins ? logins->find(current().host(), user) : nullptr;
}

/// Prepares what the next sending says of the caller. Holds no connection, as it may have to ask somebody.
task<> exchange::authorize() {
    if (at_origin_.who) co_await authorize(at_origin_, current().target());
    if (at_proxy_.who) co_await authorize(at_proxy_, current().to_string());
}

/// `target` is how the request line names it to who is spoken to.
task<> exchange::authorize(spokesman& by, std::string_view target) {
    const bool is_single = !parts_.body.can_be_sent_again();
    // The body may be sent only once: not with a question that is bound to be refused.
    if (is_single && by.who->waits_for_challenge() && !parts_.continue_within)
        parts_.continue_within = std::chrono::seconds(1);
    auth_request request{parts_.method, target, &parts_.body, site_};
    by.sent = co_await by.who->authorize(request);
}

/// Takes what a reply says of its sender's challenges. Returns whether the request is worth sending again.
bool exchange::may_be_let_in() {
    const auto& said = head_.fields;
    if (at_proxy_.who && head_.status == proxy_auth.status) return at_proxy_.may_be_let_in(said);
    if (at_proxy_.who) at_proxy_.who->accepted(said);
    if (head_.status == origin_auth.status) return at_origin_.may_be_let_in(said);
    if (at_origin_.who) at_origin_.who->accepted(said);
    return false;
}

/// The Cookie field to send where there is a jar: the caller's, and then those of the jar whose names he does
/// not use himself.
std::string exchange::cookie_field() const {
    std::string field;
    for (const auto given : parts_.fields.all("Cookie")) {
        if (!field.empty()) field += "; ";
        field += given;
    }
    const auto kept = parts_.settings.cookies->header_for(current());
    if (field.empty()) return kept;
    const auto own = field;
    for (std::string_view rest = kept; !rest.empty();) {
        const auto pair = rest.substr(0, rest.find("; "));
        rest.remove_prefix(std::min(pair.size() + 2, rest.size()));
        if (!has_cookie(own, pair.substr(0, pair.find('=')))) field += "; " + std::string(pair);
    }
    return field;
}

void exchange::keep_cookies() {
    if (!parts_.settings.cookies) return;
    for (const auto value : head_.fields.all("Set-Cookie"))
        parts_.settings.cookies->store(current(), value);
}

} // namespace tandem::http::detail
