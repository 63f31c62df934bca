#include "download/options/identity_options.hpp"

#include "download/options/option_group.hpp"

void identity_options::add_to(CLI::App& app) {
    using tandem::http::login_method;
    option_group group(app, "Who is asking");
    group.text("-u,--user", "USER:PASSWORD", user, "log in as USER");
    group.flag(
        "--basic", [this] { method = login_method::basic; }, "by Basic, without being asked (the default)");
    group.flag(
        "--digest", [this] { method = login_method::digest; }, "by Digest, and nothing else");
    group.flag(
        "--anyauth", [this] { method = login_method::any; }, "by the strongest way that the server offers");
    group.text("--oauth2-bearer", "TOKEN", bearer, "send this bearer token");
    group.flag(
        "-n,--netrc", [this] { netrc = netrc_use::required; }, "look for logins in $NETRC or ~/.netrc");
    group.flag(
        "--netrc-optional",
        [this] {
            if (netrc == netrc_use::none) netrc = netrc_use::optional;
        },
        "the same, where that is there");
    group.value(
        "--netrc-file", "FILE",
        [this](const std::string& given) {
            netrc_file = given;
            if (netrc == netrc_use::none) netrc = netrc_use::required;
        },
        "look for logins in FILE");
    group.list("-b,--cookie", "DATA|FILE", cookies,
               "send 'name=value; name=value', or the cookies in FILE, and keep those that replies set");
    group.text("-c,--cookie-jar", "FILE", cookie_jar,
               "write all cookies to FILE in the end; - is standard output");
    group.flag("-j,--junk-session-cookies", junk_session_cookies,
               "leave out cookies of FILE that end with their session");
}

void identity_options::check() const {
    if (user && !bearer.empty())
        throw CLI::ValidationError("--user and --oauth2-bearer", "only one of them can log in");
    if (user && user->find(':') == user->npos && netrc == netrc_use::none)
        throw CLI::ValidationError("--user", "a password is missing: USER:PASSWORD, or USER and --netrc");
}
