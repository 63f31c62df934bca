// The setters of request_settings that are about proxies.
#include <tandem/http/request_settings.hpp>

#include <stdexcept>

#include "field_syntax.hpp"
#include "proxy/proxy_settings.hpp"

namespace tandem::http::detail {

namespace {

/// Others may share what is set now.
template <class Change> void change(request_settings& to, const Change& how) {
    auto changed =
        to.proxying ? std::make_shared<proxy_settings>(*to.proxying) : std::make_shared<proxy_settings>();
    how(*changed);
    to.proxying = std::move(changed);
}

} // namespace

void set_proxy(request_settings& to, std::string_view proxy) {
    auto made = proxy.empty() ? nullptr : std::make_shared<const proxy_server>(proxy);
    change(to, [&](proxy_settings& all) {
        all.given = std::move(made);
        all.is_given = true;
    });
}

void set_pre_proxy(request_settings& to, std::string_view proxy) {
    auto made = proxy.empty() ? nullptr : std::make_shared<const proxy_server>(proxy);
    if (made && !made->is_socks())
        throw std::invalid_argument("pre_proxy: " + made->name() + " is no SOCKS proxy");
    change(to, [&](proxy_settings& all) { all.before = std::move(made); });
}

void set_no_proxy(request_settings& to, std::string_view list) {
    change(to, [&](proxy_settings& all) {
        all.exceptions = no_proxy_list(list);
        all.exceptions_text = list;
    });
}

void set_proxy_tunnel(request_settings& to, bool on) {
    change(to, [&](proxy_settings& all) { all.tunnels_all = on; });
}

void add_proxy_header(request_settings& to, std::string_view name, std::string_view value) {
    if (!is_token(name)) throw std::invalid_argument("proxy_header: '" + std::string(name) + "' is no token");
    if (has_control_character(value))
        throw std::invalid_argument("proxy_header: " + std::string(name) + " has a control character");
    change(to, [&](proxy_settings& all) { all.fields.set(name, value); });
}

void set_proxy_login(request_settings& to, const login& who) {
    change(to, [&](proxy_settings& all) { all.login = who; });
}

void set_proxy_from_environment(request_settings& to, bool on) {
    change(to, [&](proxy_settings& all) {
        all.uses_environment = on;
        if (!on) return;
        all.given = nullptr;
        all.is_given = false;
    });
}

} // namespace tandem::http::detail
