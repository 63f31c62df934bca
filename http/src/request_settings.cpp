#include <tandem/http/request_settings.hpp>

#include <stdexcept>

#include <tandem/http/cookie_jar.hpp>
#include <tandem/http/netrc.hpp>
#include <tandem/http/retry_policy.hpp>
#include <tandem/io/unix_address.hpp>

namespace tandem::http::detail {

namespace {

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& letter : lower)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter | 0x20);
    return lower;
}

} // namespace

void set_unix_socket(request_settings& to, std::string path) {
    to.unix_socket = unix_address(std::move(path)).name();
}

void add_address(request_settings& to, std::string_view host, std::uint16_t port, const endpoint& address) {
    auto all = to.resolved ? *to.resolved : std::vector<host_address>();
    all.push_back({in_lower_case(host), port, address});
    to.resolved = std::make_shared<const std::vector<host_address>>(std::move(all));
}

void add_detour(request_settings& to, detour way) {
    auto all = to.detours ? *to.detours : std::vector<detour>();
    way.host = in_lower_case(way.host);
    all.push_back(std::move(way));
    to.detours = std::make_shared<const std::vector<detour>>(std::move(all));
}

void set_retries(request_settings& to, bool on) {
    to.retries = on ? std::make_shared<const retry_policy>() : nullptr;
}

void set_retries(request_settings& to, const retry_policy& policy) {
    to.retries = std::make_shared<const retry_policy>(policy);
}

void set_tls(request_settings& to, tls_client_options options) {
    if (!options.verifies())
        throw std::invalid_argument("http: options that accept any certificate; a single request may ask for "
                                    "that by insecure_accept_any_certificate()");
    to.tls = std::make_shared<const tls_client_options>(std::move(options));
}

void set_cookies(request_settings& to, const cookie_jar& jar) {
    to.cookies = std::make_shared<cookie_jar>(jar);
}

void set_netrc_file(request_settings& to, const std::string& path) {
    to.logins = std::make_shared<const netrc>(netrc::read(path));
}

void set_usual_netrc(request_settings& to) {
    to.logins = std::make_shared<const netrc>(netrc::read_usual());
}

void set_ca_file(request_settings& to, std::string path) {
    auto options = to.tls ? *to.tls : tls_client_options();
    set_tls(to, options.ca_file(std::move(path)));
}

} // namespace tandem::http::detail
