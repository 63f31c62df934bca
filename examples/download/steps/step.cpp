#include "download/steps/step.hpp"

#include <stdexcept>

#include "download/options/quantity.hpp"

namespace {

constexpr std::string_view place = "{}";
constexpr std::string_view first_argument = "\"$1\"";

/// The path goes to the shell as an argument, and is never part of what that reads: no file's name is a
/// command.
std::string with_argument(std::string_view command) {
    std::string made;
    bool has_place = command.find("$1") != command.npos || command.find("${1}") != command.npos;
    for (;;) {
        const auto at = command.find(place);
        made += command.substr(0, at);
        if (at == command.npos) break;
        const auto is_quote = [&](std::size_t i) {
            return i < command.size() && (command[i] == '"' || command[i] == '\'');
        };
        if (is_quote(at + place.size()) || (at > 0 && is_quote(at - 1)))
            throw std::invalid_argument("{} stands for the path in quotes already, and is written without");
        made += first_argument;
        has_place = true;
        command.remove_prefix(at + place.size());
    }
    if (!has_place) (made += ' ') += first_argument;
    return made;
}

} // namespace

step step_from(std::string_view text) {
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    const bool has_value = colon != text.npos;
    const auto value = has_value ? text.substr(colon + 1) : std::string_view();
    step made;
    made.name = text;
    if (kind == "thumbnail") {
        if (!has_value) throw std::invalid_argument("a thumbnail has a size: thumbnail:128");
        made.kind = step_kind::thumbnail;
        made.amount = static_cast<std::uint64_t>(number_from(value, 1, 10'000));
    } else if (kind == "sha256" && !has_value) {
        made.kind = step_kind::sha256;
    } else if (kind == "extract") {
        made.kind = step_kind::extract;
        made.amount = has_value ? bytes_from(value) : default_extract_limit;
    } else if (kind == "exec") {
        if (value.find_first_not_of(" \t\n") == value.npos)
            throw std::invalid_argument("exec has a command: exec:gzip");
        made.kind = step_kind::exec;
        made.command = with_argument(value);
    } else {
        throw std::invalid_argument("'" + std::string(text) +
                                    "' is none of thumbnail:EDGE, sha256, extract[:SIZE] and exec:COMMAND");
    }
    return made;
}
