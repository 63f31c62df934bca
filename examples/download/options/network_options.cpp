#include "download/options/network_options.hpp"

#include <ifaddrs.h>
#include <memory>
#include <netdb.h>
#include <stdexcept>
#include <sys/socket.h>

#include "download/options/option_group.hpp"
#include "download/options/quantity.hpp"

namespace {

/// What stands before the first colon outside of brackets, which are taken off; `rest` goes on behind it.
std::string take_field(std::string& rest) {
    std::string field;
    if (rest.starts_with('[')) {
        const auto end = rest.find(']');
        if (end == rest.npos) throw std::invalid_argument("a [ without its ]");
        field = rest.substr(1, end - 1);
        rest.erase(0, end + 1);
        if (!rest.empty() && rest[0] != ':') throw std::invalid_argument("a colon is missing behind a ]");
    } else {
        field = rest.substr(0, rest.find(':'));
        rest.erase(0, field.size());
    }
    if (!rest.empty()) rest.erase(0, 1);
    return field;
}

std::uint16_t port_from(const std::string& text, int least) {
    return static_cast<std::uint16_t>(number_from(text, least, 65535));
}

/// `[+]host:port:address[,address]`. (What curl's + says, that the entry runs out, it does here as well: the
/// program keeps no addresses for longer than its run.)
void read_addresses(const std::string& given, std::vector<given_address>& into) {
    if (given.starts_with('-'))
        throw std::invalid_argument("there is nothing remembered that could be taken back: '" + given + "'");
    std::string rest = given.starts_with('+') ? given.substr(1) : given;
    const auto host = take_field(rest);
    const auto port = port_from(take_field(rest), 1);
    if (host.empty() || rest.empty()) throw std::invalid_argument("it is written as HOST:PORT:ADDRESS");
    while (!rest.empty()) {
        auto address = rest.substr(0, rest.find(','));
        rest.erase(0, address.size() + 1);
        if (address.starts_with('[') && address.ends_with(']'))
            address = address.substr(1, address.size() - 2);
        into.push_back({host, port, tandem::endpoint(address, 0)});
    }
}

detour read_detour(const std::string& given) {
    std::string rest = given;
    detour made;
    made.host = take_field(rest);
    const auto port = take_field(rest);
    made.to_host = take_field(rest);
    const auto to_port = take_field(rest);
    if (!rest.empty() || std::count(given.begin(), given.end(), ':') < 3)
        throw std::invalid_argument("it is written as HOST:PORT:OTHER:PORT");
    if (!port.empty()) made.port = port_from(port, 1);
    if (!to_port.empty()) made.to_port = port_from(to_port, 1);
    return made;
}

/// The address of the interface `name`, an IPv4 one if it has any; empty where there is no such interface.
std::string address_of(const std::string& name) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, &::freeifaddrs);
    std::string found;
    for (const auto* each = all; each; each = each->ifa_next) {
        if (name != each->ifa_name || !each->ifa_addr) continue;
        const int family = each->ifa_addr->sa_family;
        if (family != AF_INET && (family != AF_INET6 || !found.empty())) continue;
        char text[NI_MAXHOST];
        const auto size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        if (::getnameinfo(each->ifa_addr, static_cast<socklen_t>(size), text, sizeof text, nullptr, 0,
                          NI_NUMERICHOST) != 0)
            continue;
        found = text;
        if (family == AF_INET) break;
    }
    return found;
}

std::string read_interface(const std::string& given) {
    const bool is_host = given.starts_with("host!");
    const bool is_interface = given.starts_with("if!");
    const auto name = is_host ? given.substr(5) : is_interface ? given.substr(3) : given;
    const auto found = is_host ? std::string() : address_of(name);
    if (!found.empty()) return found;
    if (!is_interface && tandem::endpoint::parse(name, 0)) return name;
    throw std::invalid_argument("'" + name + "' is neither an interface of this machine nor an address");
}

} // namespace

void network_options::add_to(CLI::App& app) {
    option_group group(app, "Connections");
    group.value(
        "--resolve", "HOST:PORT:ADDRESS",
        [this](const std::string& given) { read_addresses(given, addresses); },
        "take HOST to have this address, or several with commas between them; * is any host");
    group.value(
        "--connect-to", "HOST:PORT:OTHER:PORT",
        [this](const std::string& given) { detours.push_back(read_detour(given)); },
        "connect to OTHER in place of HOST; an empty one is any, or the same");
    group.text("--unix-socket", "PATH", unix_socket, "connect to this Unix socket");
    group.value(
        "--interface", "NAME", [this](const std::string& given) { local_address = read_interface(given); },
        "connect from this interface, or address, of this machine");
}

void network_options::check() const {
    if (!unix_socket.empty() && !(addresses.empty() && detours.empty() && local_address.empty()))
        throw CLI::ValidationError("--unix-socket",
                                   "no --resolve, --connect-to or --interface can hold for a Unix socket");
}
