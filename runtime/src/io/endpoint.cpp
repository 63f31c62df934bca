#include <tandem/io/endpoint.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <arpa/inet.h>
#include <net/if.h>

namespace tandem {

endpoint::endpoint(std::string_view address, std::uint16_t port) {
    auto parsed = parse(address, port);
    if (!parsed) throw std::invalid_argument("'" + std::string(address) + "' is not an IP address");
    *this = *parsed;
}

std::optional<endpoint> endpoint::parse(std::string_view address, std::uint16_t port) noexcept {
    char text[INET6_ADDRSTRLEN] = {};
    auto percent = address.find('%');
    auto plain = address.substr(0, percent);
    if (plain.empty() || plain.size() >= sizeof text) return std::nullopt;
    plain.copy(text, plain.size());

    std::array<unsigned char, 16> bytes{};
    if (percent == std::string_view::npos && inet_pton(AF_INET, text, bytes.data()) == 1)
        return endpoint(false, bytes, 0, port);
    if (inet_pton(AF_INET6, text, bytes.data()) != 1) return std::nullopt;
    std::uint32_t scope = 0;
    if (percent != std::string_view::npos) {
        auto zone = address.substr(percent + 1);
        char name[IF_NAMESIZE] = {};
        if (zone.empty() || zone.size() >= sizeof name) return std::nullopt;
        zone.copy(name, zone.size());
        auto [end, failure] = std::from_chars(zone.data(), zone.data() + zone.size(), scope);
        bool number = failure == std::errc() && end == zone.data() + zone.size();
        if (!number) scope = if_nametoindex(name);
        if (scope == 0) return std::nullopt;
    }
    return endpoint(true, bytes, scope, port);
}

bool endpoint::is_loopback() const noexcept {
    if (!v6_) return bytes_[0] == 127;
    return bytes_[15] == 1 &&
           std::all_of(bytes_.begin(), bytes_.end() - 1, [](unsigned char b) { return b == 0; });
}

std::string endpoint::address() const {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
    return scope_ == 0 ? text : std::string(text) + "%" + std::to_string(scope_);
}

std::string endpoint::to_string() const {
    return (v6_ ? "[" + address() + "]" : address()) + ":" + std::to_string(port_);
}

} // namespace tandem
