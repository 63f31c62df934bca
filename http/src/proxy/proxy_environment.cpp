#include "proxy/proxy_environment.hpp"

#include <cstdlib>
#include <stdexcept>

#include <tandem/io/endpoint.hpp>

namespace tandem::http::detail {

namespace {

/// The value of the first of both that is not empty; its name goes into `found`.
std::string value_of(const char* lower, const char* upper, std::string& found) {
    for (const char* name : {lower, upper}) {
        const char* const value = name ? ::secure_getenv(name) : nullptr;
        if (!value || *value == '\0') continue;
        found = name;
        return value;
    }
    return {};
}

bool is_this_machine(std::string_view host) {
    if (const auto address = endpoint::parse(host, 0)) return address->is_loopback();
    if (host.ends_with('.')) host.remove_suffix(1);
    return host == "localhost" || host.ends_with(".localhost");
}

} // namespace

proxy_environment::variable proxy_environment::read(const char* lower, const char* upper) {
    variable made;
    std::string name;
    auto text = value_of(lower, upper, name);
    if (text.empty()) text = value_of("all_proxy", "ALL_PROXY", name);
    if (text.empty()) return made;
    try {
        made.proxy = std::make_shared<const proxy_server>(text);
    } catch (const std::invalid_argument& failure) {
        made.trouble = "the environment's " + name + " is unusable: " + std::string(failure.what());
    }
    return made;
}

proxy_environment::proxy_environment()
    : http_(read("http_proxy", nullptr))
    , https_(read("https_proxy", "HTTPS_PROXY")) {
    std::string name;
    exceptions_ = no_proxy_list(value_of("no_proxy", "NO_PROXY", name));
}

const std::shared_ptr<const proxy_server>& proxy_environment::proxy_for(const url& target) const {
    static const std::shared_ptr<const proxy_server> none;
    const auto& named = target.is_https() ? https_ : http_;
    if (!named.proxy && named.trouble.empty()) return none;
    if (is_this_machine(target.host()) || exceptions_.covers(target.host(), target.port())) return none;
    if (!named.proxy) throw std::invalid_argument(named.trouble);
    return named.proxy;
}

} // namespace tandem::http::detail
