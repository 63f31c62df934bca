#include "host_name.hpp"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include <tandem/io/endpoint.hpp>

#include "text_codec.hpp"

namespace tandem::http::detail {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

[[noreturn]] void refuse(const char* why) {
    throw std::invalid_argument(std::string("not a URL: its host ") + why);
}

/// RFC 5891, with the mapping that browsers use.
std::string without_other_scripts(const std::string& name) {
    if (name.find('\0') != std::string::npos) refuse("name has a character that no host name has");
    std::uint8_t* made = nullptr;
    const int outcome = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), &made,
                                       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (outcome != IDN2_OK)
        throw std::invalid_argument(std::string("not a URL: its host name is none that can be registered: ") +
                                    idn2_strerror(outcome));
    const std::unique_ptr<std::uint8_t, decltype([](std::uint8_t* text) { idn2_free(text); })> owner(made);
    return reinterpret_cast<const char*>(made);
}

/// A part of an IPv4 address: decimal, or octal behind a 0, or hexadecimal behind 0x, as the C library and
/// browsers read it.
std::optional<std::uint64_t> number_in(std::string_view text) {
    if (text.empty()) return std::nullopt;
    unsigned base = 10;
    if (text.size() >= 2 && text[0] == '0' && text[1] == 'x') {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() >= 2 && text[0] == '0') {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t number = 0;
    for (const char c : text) {
        unsigned digit = 16;
        if (is_digit(c)) digit = static_cast<unsigned>(c - '0');
        if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
        if (digit >= base) return std::nullopt;
        number = std::min<std::uint64_t>(number * base + digit, std::uint64_t{1} << 40);
    }
    return number;
}

/// WHATWG's "ends in a number": such a name can be an address only.
bool ends_in_number(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    const auto last = name.substr(name.rfind('.') + 1);
    if (!last.empty() && std::all_of(last.begin(), last.end(), is_digit)) return true;
    return last.starts_with("0x") && number_in(last);
}

/// An address in the spelling that `v4_address` brings all others to.
bool is_usual_v4(const std::string& name) {
    in_addr address;
    return ::inet_pton(AF_INET, name.c_str(), &address) == 1;
}

std::string v4_address(std::string_view name) {
    constexpr const char* none = "looks like an IPv4 address and is none";
    if (name.ends_with('.')) name.remove_suffix(1);
    std::uint64_t address = 0;
    for (int left = 4; left > 0; --left) {
        const auto dot = name.find('.');
        const bool is_last = dot == name.npos;
        const auto number = number_in(name.substr(0, dot));
        const auto bits = is_last ? 8 * left : 8;
        if (!number || *number >= std::uint64_t{1} << bits || (left == 1 && !is_last)) refuse(none);
        address = address << bits | *number;
        if (is_last) break;
        name.remove_prefix(dot + 1);
    }
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += std::to_string(address >> shift & 255) + (shift > 0 ? "." : "");
    return text;
}

} // namespace

std::string host_in_ascii(std::string_view text) {
    if (text.starts_with('[')) {
        const auto inside = text.substr(1, text.size() - 2);
        const auto address = text.ends_with(']') ? endpoint::parse(inside, 0) : std::nullopt;
        if (!address || !address->is_v6() || inside.find('%') != inside.npos) refuse("or port is malformed");
        return address->address();
    }
    auto name = percent_decoded(text);
    const bool is_ascii = std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
    if (!is_ascii) name = without_other_scripts(name);
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
        if (c == ' ') throw std::invalid_argument("not a URL: there is a space in its host");
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '.' && c != '_')
            refuse("name has a character that no host name has");
    }
    return ends_in_number(name) && !is_usual_v4(name) ? v4_address(name) : name;
}

} // namespace tandem::http::detail
