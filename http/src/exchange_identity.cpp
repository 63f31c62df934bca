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
/// what the caller said for this request: his header, his credentials, those in the URL, and netrc's.
void exchange::identify() {
    authenticator_.reset();
    sent_credentials_.clear();
    refusals_ = 0;
    if (parts_.fields.contains(origin_auth.credentials)) return;
    if (hops_.empty() && parts_.who) {
        authenticator_ = parts_.who;
        return;
    }
    if (hops_.empty() && !current_.user_info().empty()) {
        const auto given = current_.user_info();
        const auto user = percent_decoded(given.substr(0, given.find(':')));
        std::string password;
        if (const auto colon = given.find(':'); colon != given.npos)
            password = percent_decoded(given.substr(colon + 1));
        else if (const auto* entry = netrc_entry_for(user))
            password = entry->password;
        parts_.fields.add(origin_auth.credentials, basic_authorization(user, password));
        return;
    }
    authenticator_ = core_->authenticator_for(current_.origin());
    if (authenticator_ || !hops_.empty()) return;
    if (const auto* entry = netrc_entry_for(""))
        parts_.fields.add(origin_auth.credentials, basic_authorization(entry->login, entry->password));
}

const netrc_entry* exchange::netrc_entry_for(std::string_view user) const noexcept {
    const auto& logins = parts_.settings.logins;
    return logins ? logins->find(current_.host(), user) : nullptr;
}

/// Prepares what the next sending says of the caller. Holds no connection, as it may have to ask somebody.
task<> exchange::authorize() {
    if (!authenticator_) co_return;
    const bool is_single = !parts_.body.can_be_sent_again();
    // The body may be sent only once: not with a question that is bound to be refused.
    if (is_single && authenticator_->waits_for_challenge() && !parts_.continue_within)
        parts_.continue_within = std::chrono::seconds(1);
    auth_request request{parts_.method, current_.target(), &parts_.body, site_};
    sent_credentials_ = co_await authenticator_->authorize(request);
}

/// Takes what a reply says of its server's challenges. Returns whether the request is worth sending again.
bool exchange::may_be_let_in() {
    if (!authenticator_) return false;
    if (head_.status == origin_auth.status)
        return authenticator_->refused(head_.fields, sent_credentials_, refusals_++);
    authenticator_->accepted(head_.fields);
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
    const auto kept = parts_.settings.cookies->header_for(current_);
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
        parts_.settings.cookies->store(current_, value);
}

} // namespace tandem::http::detail
