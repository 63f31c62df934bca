#include "proxy/no_proxy_list.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <tandem/base/log.hpp>

#include "host_name.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::string_view separators = ", \t\r\n";

template <class Number> Number number_in(std::string_view text, unsigned most) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number > most)
        throw std::invalid_argument("'" + std::string(text) + "' is no number up to " + std::to_string(most));
    return number;
}

std::string_view without_last_dot(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return name;
}

/// An IPv4 address that was written as an IPv6 one (RFC 4291 section 2.5.5.2) as what it is.
endpoint plain(const endpoint& address) noexcept {
    constexpr unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const auto& bytes = address.bytes();
    if (!address.is_v6() || !std::equal(std::begin(mapped), std::end(mapped), bytes.begin())) return address;
    std::array<unsigned char, 16> v4{};
    std::copy(bytes.begin() + 12, bytes.end(), v4.begin());
    return endpoint(false, v4, 0, address.port());
}

bool share_bits(const endpoint& a, const endpoint& b, unsigned bits) noexcept {
    if (a.is_v6() != b.is_v6()) return false;
    for (std::size_t i = 0; i < a.bytes().size() && bits > 0; ++i) {
        const unsigned here = std::min(bits, 8u);
        if ((a.bytes()[i] ^ b.bytes()[i]) >> (8 - here) != 0) return false;
        bits -= here;
    }
    return true;
}

/// "host", "host:8080", "[::1]:8080": cuts the port off. "::1" has none.
std::uint16_t take_port(std::string_view& text) {
    const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return 0;
    if (bracket == std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) return 0;
    const auto port = number_in<std::uint16_t>(text.substr(colon + 1), 65535);
    text = text.substr(0, colon);
    return port;
}

std::string_view without_brackets(std::string_view text) noexcept {
    const bool has = text.size() > 2 && text.starts_with('[') && text.ends_with(']');
    return has ? text.substr(1, text.size() - 2) : text;
}

} // namespace

no_proxy_list::entry no_proxy_list::parse(std::string_view text) {
    entry made;
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        const auto address = endpoint::parse(without_brackets(text.substr(0, slash)), 0);
        if (!address) throw std::invalid_argument("there is no address before the '/'");
        made.address = *address;
        made.bits = number_in<unsigned>(text.substr(slash + 1), address->is_v6() ? 128 : 32);
        const auto as_v4 = plain(*address);
        if (!as_v4.is_v6() && address->is_v6() && made.bits >= 96) {
            made.address = as_v4;
            made.bits -= 96;
        }
        return made;
    }
    made.port = take_port(text);
    if (const auto address = endpoint::parse(without_brackets(text), 0)) {
        made.address = plain(*address);
        made.bits = made.address->is_v6() ? 128 : 32;
        return made;
    }
    if (text.starts_with("*.")) text.remove_prefix(1);
    if (text.starts_with('.')) text.remove_prefix(1);
    made.domain = without_last_dot(host_in_ascii(text));
    if (made.domain.empty()) throw std::invalid_argument("it names no host");
    if (const auto address = endpoint::parse(made.domain, 0)) { // "127.1" and the like
        made.domain.clear();
        made.address = *address;
        made.bits = 32;
    }
    return made;
}

no_proxy_list::no_proxy_list(std::string_view text) {
    for (;;) {
        const auto begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) return;
        text.remove_prefix(begin);
        const auto each = text.substr(0, text.find_first_of(separators));
        text.remove_prefix(each.size());
        if (each == "*") {
            covers_all_ = true;
            continue;
        }
        try {
            entries_.push_back(parse(each));
        } catch (const std::invalid_argument& failure) {
            log(log_level::warning,
                "http: no_proxy: '" + std::string(each) + "' is passed over: " + std::string(failure.what()));
        }
    }
}

bool no_proxy_list::entry::covers(std::string_view host,
                                  const std::optional<endpoint>& numbers) const noexcept {
    if (address) return numbers && share_bits(*address, *numbers, bits);
    if (numbers || !host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool no_proxy_list::covers(std::string_view host, std::uint16_t port) const noexcept {
    if (covers_all_) return true;
    if (entries_.empty()) return false;
    auto numbers = endpoint::parse(host, 0);
    if (numbers) numbers = plain(*numbers);
    return std::any_of(entries_.begin(), entries_.end(), [&](const entry& each) {
        return (each.port == 0 || each.port == port) && each.covers(without_last_dot(host), numbers);
    });
}

} // namespace tandem::http::detail
