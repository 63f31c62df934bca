#include "challenge.hpp"

#include <iterator>

#include "field_reader.hpp"

namespace tandem::http::detail {

namespace {

/// Commas and blanks between elements of a list, which may be empty (RFC 9110 section 5.6.1).
void skip_separators(field_reader& in) noexcept {
    do
        in.skip_blanks();
    while (in.skip(','));
}

/// The value behind a parameter's equals sign.
std::string parameter_value(field_reader& in) {
    in.skip_blanks();
    if (auto quoted = in.quoted_string()) return std::move(*quoted);
    return std::string(in.until(", \t"));
}

/// A token68 that fills its element of the list; empty where something else stands there.
std::string_view take_token68(field_reader& in) noexcept {
    auto ahead = in;
    const auto text = ahead.until(", \t");
    ahead.skip_blanks();
    if (!ahead.is_at_end() && ahead.peek() != ',') return {};
    const auto end = text.find_last_not_of('=') + 1;
    const auto stray =
        text.substr(0, end).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789-._~+/");
    if (end == 0 || stray != text.npos) return {};
    in = ahead;
    return text;
}

/// What begins with a token: a parameter where an equals sign and a value follow it.
bool is_parameter(field_reader behind_name) noexcept {
    behind_name.skip_blanks();
    return behind_name.skip('=');
}

} // namespace

const std::string* challenge::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : parameters)
        if (equal_ignoring_case(key, name)) return &value;
    return nullptr;
}

std::vector<challenge> parse_challenges(std::string_view value) {
    std::vector<challenge> all;
    field_reader in(value);
    for (skip_separators(in); !in.is_at_end(); skip_separators(in)) {
        const auto name = in.token();
        if (name.empty()) {
            if (!in.quoted_string() && in.until(", \t").empty()) break;
            continue;
        }
        if (is_parameter(in)) {
            in.skip_blanks();
            in.skip('=');
            auto text = parameter_value(in);
            if (!all.empty()) all.back().parameters.emplace_back(name, std::move(text));
            continue;
        }
        all.emplace_back().scheme = name;
        const bool has_more = in.peek() == ' ' || in.peek() == '\t';
        in.skip_blanks();
        if (has_more) all.back().token68 = take_token68(in);
    }
    return all;
}

std::vector<challenge> challenges_in(const headers& fields, std::string_view name) {
    std::vector<challenge> all;
    for (const auto value : fields.all(name)) {
        auto more = parse_challenges(value);
        all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    return all;
}

challenge parse_parameters(std::string_view value) {
    auto found = parse_challenges("none " + std::string(value));
    return found.empty() ? challenge() : std::move(found.front());
}

} // namespace tandem::http::detail
