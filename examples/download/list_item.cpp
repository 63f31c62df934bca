#include "download/list_item.hpp"

#include <stdexcept>

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

} // namespace

void list_item::set(std::string_view name, std::string_view value) {
    if (name == "out") {
        out = value;
    } else if (name == "dir") {
        folder = value;
    } else if (name == "checksum") {
        checksum.emplace(value);
    } else if (name == "mirror") {
        mirrors.emplace_back(value);
    } else if (name == "referer") {
        headers.emplace_back("Referer", value);
    } else if (name == "user-agent") {
        headers.emplace_back("User-Agent", value);
    } else if (name == "header") {
        const auto colon = value.find(':');
        // What stands there may be a secret.
        if (colon == value.npos || colon == 0) throw std::invalid_argument("a header reads Name: value");
        headers.emplace_back(value.substr(0, colon), trimmed(value.substr(colon + 1)));
    } else {
        throw std::invalid_argument("'" + std::string(name) +
                                    "' is none of out, dir, checksum, header, referer, user-agent, mirror");
    }
}
