#include "download/options/quantity.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return lower;
}

/// The number at the beginning, and what stands behind it. No sign, no exponent, no infinity.
std::pair<double, std::string_view> cut_number(std::string_view text) {
    double number = 0;
    const auto [end, trouble] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (trouble != std::errc() || text[0] == '-' || !std::isfinite(number))
        throw std::invalid_argument("'" + std::string(text) + "' does not begin with a number of 0 or more");
    return {number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

[[noreturn]] void refuse_unit(std::string_view unit, const char* known) {
    throw std::invalid_argument("'" + std::string(unit) + "' is no unit; there are " + known);
}

} // namespace

std::uint64_t bytes_from(std::string_view text) {
    const auto [number, behind] = cut_number(text);
    auto unit = in_lower_case(behind);
    if (unit.size() > 1 && unit.ends_with("ib"))
        unit.resize(unit.size() - 2);
    else if (unit.ends_with('b'))
        unit.pop_back();
    double factor = 1;
    if (unit == "k")
        factor = 0x1p10;
    else if (unit == "m")
        factor = 0x1p20;
    else if (unit == "g")
        factor = 0x1p30;
    else if (unit == "t")
        factor = 0x1p40;
    else if (!unit.empty())
        refuse_unit(behind, "k, M, G and T");
    const double bytes = number * factor;
    if (bytes >= 0x1p63) throw std::invalid_argument("'" + std::string(text) + "' is too much");
    return static_cast<std::uint64_t>(bytes);
}

tandem::duration length_from(std::string_view text) {
    const auto [number, unit] = cut_number(text);
    double seconds = number;
    if (unit == "ms")
        seconds /= 1000;
    else if (unit == "m")
        seconds *= 60;
    else if (unit == "h")
        seconds *= 3600;
    else if (unit == "d")
        seconds *= 86400;
    else if (!unit.empty() && unit != "s")
        refuse_unit(unit, "ms, s, m, h and d");
    constexpr double longest = 100.0 * 365 * 86400;
    if (seconds > longest) throw std::invalid_argument("'" + std::string(text) + "' is too long");
    return std::chrono::duration_cast<tandem::duration>(std::chrono::duration<double>(seconds));
}

std::int64_t number_from(std::string_view text, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = trouble == std::errc() && end == text.data() + text.size();
    if (!is_number || number < least || number > most)
        throw std::invalid_argument("'" + std::string(text) + "' is no number from " + std::to_string(least) +
                                    " to " + std::to_string(most));
    return number;
}
