#include <tandem/http/content_disposition.hpp>

#include <algorithm>
#include <iterator>

#include <tandem/http/headers.hpp>

#include "field_reader.hpp"
#include "text_codec.hpp"
#include "utf8.hpp"

namespace tandem::http {

namespace {

using detail::field_reader;

/// Each percent sign begins a triplet, and nothing has to be encoded that is not (RFC 8187 section 3.2.1;
/// blanks, parentheses and the like are let pass, as browsers do).
bool is_well_encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c > 0x7e) return false;
        if (c != '%') continue;
        if (i + 2 >= text.size() || hex.find(text[i + 1]) == hex.npos || hex.find(text[i + 2]) == hex.npos)
            return false;
        i += 2;
    }
    return true;
}

/// What charset'language'text means (RFC 8187 section 3.2).
std::optional<std::string> extended_value(std::string_view value) {
    const auto charset = value.substr(0, value.find('\''));
    if (charset.size() == value.size()) return std::nullopt;
    value.remove_prefix(charset.size() + 1);
    const auto language = value.find('\'');
    if (language == value.npos) return std::nullopt;
    value.remove_prefix(language + 1);
    if (!is_well_encoded(value)) return std::nullopt;
    auto text = detail::percent_decoded(value);
    if (equal_ignoring_case(charset, "ISO-8859-1")) return detail::utf8_of_latin1(text);
    if (!equal_ignoring_case(charset, "UTF-8") || !detail::is_utf8(text)) return std::nullopt;
    return text;
}

/// The two names as they were sent; the first of each that can be used.
struct suggestion {
    std::optional<std::string> plain;
    std::optional<std::string> extended;
};

suggestion parse(std::string_view value) {
    suggestion found;
    field_reader in(value);
    // Some servers leave the type out: then the first parameter stands in its place.
    if (in.until(";=").empty() || in.peek() != '=')
        in.skip(';');
    else
        in = field_reader(value);
    while (!in.is_at_end()) {
        const auto name = in.until(";=");
        if (in.skip('=')) {
            in.skip_blanks();
            auto quoted = in.quoted_string();
            const std::string text = quoted ? std::move(*quoted) : std::string(in.until(";"));
            if (!found.plain && equal_ignoring_case(name, "filename")) found.plain = text;
            if (!found.extended && equal_ignoring_case(name, "filename*"))
                found.extended = extended_value(text);
            in.until(";");
        }
        in.skip(';');
    }
    return found;
}

/// Characters that do something other than being seen: controls of both ranges, separators of lines, and what
/// turns the direction of the text around it, so that "gpj.exe" reads "exe.jpg".
bool is_harmful(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x206f) || c == 0xfeff;
}

std::string without_harm(std::string_view text) {
    std::string safe;
    while (!text.empty()) {
        const auto next = detail::first_character(text);
        const auto bytes = text.substr(0, std::max<std::size_t>(next.size, 1));
        if (next.size == 0 || is_harmful(next.value))
            safe += '_';
        else
            safe += bytes;
        text.remove_prefix(bytes.size());
    }
    return safe;
}

/// Names of devices of Windows, whatever their extension.
bool is_reserved(std::string_view name) {
    auto stem = name.substr(0, name.find('.'));
    stem = stem.substr(0, stem.find_last_not_of(' ') + 1);
    for (const char* device : {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"})
        if (equal_ignoring_case(stem, device)) return true;
    for (const char* port : {"COM", "LPT"}) {
        if (!equal_ignoring_case(stem.substr(0, 3), port) || stem.size() < 4) continue;
        const auto number = stem.substr(3);
        for (const char* digit :
             {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3"})
            if (number == digit) return true;
    }
    return false;
}

std::string shortened(std::string name) {
    constexpr std::size_t longest_name = 255;
    constexpr std::size_t longest_extension = 20;
    if (name.size() <= longest_name) return name;
    const auto dot = name.rfind('.');
    std::string extension;
    if (dot != name.npos && name.size() - dot <= longest_extension) extension = name.substr(dot);
    return std::string(detail::clipped(name, longest_name - extension.size())) + extension;
}

std::optional<std::string> made_safe(std::string name) {
    if (!detail::is_utf8(name)) name = detail::utf8_of_latin1(name);
    name.erase(0, name.find_last_of("/\\") + 1);
    name = without_harm(name);
    name.erase(0, std::min(name.find_first_not_of(". "), name.size()));
    name.erase(name.find_last_not_of(". ") + 1);
    if (name.empty()) return std::nullopt;
    if (is_reserved(name)) name.insert(0, 1, '_');
    return shortened(std::move(name));
}

} // namespace

std::optional<std::string> suggested_file_name(std::string_view content_disposition) {
    auto found = parse(content_disposition);
    std::optional<std::string> name;
    if (found.extended) name = made_safe(std::move(*found.extended));
    if (!name && found.plain) name = made_safe(std::move(*found.plain));
    return name;
}

} // namespace tandem::http
