#include "download/options/request_options.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "download/options/body_data.hpp"
#include "download/options/date.hpp"
#include "download/options/option_group.hpp"

namespace {

std::string without_blanks(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// `Name: value`, `Name:` for none, `Name;` for an empty one. No word of it stands in the error: a value may
/// be a secret.
header_line read_header(const std::string& line) {
    const auto mark = line.find_first_of(":;");
    if (mark == line.npos || mark == 0)
        throw std::invalid_argument("a header is written as 'Name: value', 'Name;' or 'Name:'");
    header_line made{line.substr(0, mark), without_blanks(line.substr(mark + 1))};
    if (line[mark] == ';' && made.value->empty()) return made;
    if (line[mark] == ';') throw std::invalid_argument("nothing may stand behind the ; of an empty header");
    if (made.value->empty()) made.value.reset();
    return made;
}

void read_headers(const std::string& given, std::vector<header_line>& into) {
    if (!given.starts_with('@')) {
        into.push_back(read_header(given));
        return;
    }
    std::istringstream lines(content_of(given.substr(1)));
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty()) into.push_back(read_header(line));
    }
}

/// `0-499`, `500-`, `-100` or several with commas between them (RFC 9110 section 14.1.1).
std::string checked_range(const std::string& given) {
    std::istringstream parts(given);
    bool is_good = !given.empty() && !given.ends_with(',');
    for (std::string part; is_good && std::getline(parts, part, ',');) {
        const auto dash = part.find('-');
        is_good = part.size() > 1 && dash != part.npos && dash == part.rfind('-') &&
                  part.find_first_not_of("0123456789-") == part.npos;
    }
    if (!is_good) throw std::invalid_argument("'" + given + "' is no range, as 0-499, 500- or -100");
    return given;
}

} // namespace

void request_options::add_to(CLI::App& app) {
    option_group group(app, "The request");
    group.text("-X,--request", "METHOD", method,
               "use METHOD; redirects keep it, and the body, 301 to 303 too");
    group.flag("-I,--head", head, "ask for headers only, and print them");
    group.value(
        "-H,--header", "LINE", [this](const std::string& given) { read_headers(given, headers); },
        "send 'Name: value'; 'Name;' sends an empty one, 'Name:' none; of @FILE each line");
    group.text("-A,--user-agent", "TEXT", user_agent, "be called TEXT; an empty one sends no User-Agent");
    group.value(
        "-e,--referer", "URL",
        [this](const std::string& given) {
            constexpr std::string_view automatic = ";auto";
            referer_follows = given.ends_with(automatic);
            referer = given.substr(0, given.size() - (referer_follows ? automatic.size() : 0));
        },
        "say that URL has led there; with ;auto behind it, or alone, redirects take its place");
    group.value(
        "-r,--range", "RANGE", [this](const std::string& given) { range = checked_range(given); },
        "fetch only these bytes: 0-499, 500- or -100");
    group.value(
        "-z,--time-cond", "DATE",
        [this](const std::string& given) {
            const bool is_before = given.starts_with('-');
            const auto date = http_date_of(is_before ? given.substr(1) : given);
            (is_before ? unmodified_since : modified_since) = date;
        },
        "fetch only what has changed since DATE, or since the file of that name; -DATE only what has not");
    group.text("--etag-compare", "FILE", etag_compare,
               "fetch only what has another ETag than the one in FILE");
    group.text("--etag-save", "FILE", etag_save, "write the ETag of what was fetched to FILE");
    group.flag("--compressed", compressed, "take compressed replies, and store what they decode to");
    group.flag("--raw", raw, "store the body as it came, compressed and in chunks if it was");
}

void request_options::check() const {
    if (compressed && raw) throw CLI::ValidationError("--compressed and --raw", "only one of them can hold");
    if (compressed && !range.empty())
        throw CLI::ValidationError("--compressed", "a --range of compressed bytes cannot be decoded");
}
