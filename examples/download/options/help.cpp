#include "download/options/help.hpp"


#include <algorithm>
#include <iostream>
#include <string_view>
#include <vector>

#include "download/options/option_group.hpp"
#include "download/options/roff.hpp"

namespace {

constexpr const char* own_heading = "About the program";

/// What nearly everybody needs, by long names.
constexpr std::string_view in_short_help[] = {
    "",       "input-file", "output", "output-dir",  "clobber",  "unique",    "skip-existing",
    "jobs",   "segments",   "header", "limit-rate",  "checksum", "thumbnail", "then",
    "data",   "json",       "user",   "cookie",      "proxy",    "cacert",    "retry",
    "silent", "max-time",   "help",   "remote-name", "verbose",  "version",
};

constexpr const char* footer =
    "Exit status: 0 all right, 1 some failed, 2 wrong usage, 3 file, 4 network, 5 TLS,\n"
    "6 authentication, 7 protocol, 8 HTTP error, 9 checksum, 10 limit or time-out,\n"
    "130 interrupted.\n";

bool is_in_short_help(const CLI::Option& option) {
    const auto& names = option.get_lnames();
    const std::string_view name = names.empty() ? std::string_view() : std::string_view(names.front());
    return std::find(std::begin(in_short_help), std::end(in_short_help), name) != std::end(in_short_help);
}

/// Prints `text` in lines that begin at `margin`, the first of which has begun at `at`.
void print_wrapped(std::string_view text, std::size_t at, std::size_t margin) {
    constexpr std::size_t width = 80;
    if (at >= margin) {
        std::cout << '\n';
        at = 0;
    }
    std::cout << std::string(margin - at, ' ');
    at = margin;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const bool is_first = at == margin;
        if (!is_first && at + 1 + word.size() > width) {
            std::cout << '\n' << std::string(margin, ' ');
            at = margin;
        } else if (!is_first) {
            std::cout << ' ';
            ++at;
        }
        std::cout << word;
        at += word.size();
    }
    std::cout << '\n';
}

void print_option(const CLI::Option& option) {
    const auto name = option_usage(option);
    // Long names stand below each other.
    const auto line = (name.starts_with("--") ? "      " : "  ") + name;
    std::cout << line;
    print_wrapped(option.get_description(), line.size() + 1, 32);
}

void print_group(const std::string& heading, const std::vector<const CLI::Option*>& options) {
    std::cout << '\n' << heading << ":\n";
    for (const auto* each : options)
        print_option(*each);
}

} // namespace

void add_help(CLI::App& app) {
    option_group group(app, own_heading);
    group.flag(
        "-V,--version",
        [] {
            throw help_asked{"", true};
        },
        "print the program's version");
    app.add_option(
           "-h,--help",
           [](const CLI::results_t& values) -> bool {
               throw help_asked{values.empty() ? "" : values.back()};
           },
           "print the most used options; all of them with 'all'")
        ->type_name("[all|SUBJECT]")
        ->expected(0, 1)
        ->default_str("")
        ->group(own_heading)
        ->trigger_on_parse();
}

int print_help(const CLI::App& app, const help_asked& what) {
    if (what.is_version) {
        std::cout << "tandem-get " TANDEM_VERSION "\n";
        return 0;
    }
    const auto groups = grouped_options(app);
    if (what.subject == "roff") {
        print_roff(groups);
        return 0;
    }
    if (what.subject.empty() || what.subject == "all") {
        std::cout << app.get_description() << "\n\nUsage: tandem-get [OPTIONS] URL...\n";
        for (const auto& [heading, options] : groups) {
            auto shown = options;
            if (what.subject.empty())
                std::erase_if(shown, [](const CLI::Option* each) { return !is_in_short_help(*each); });
            if (!shown.empty()) print_group(heading, shown);
        }
        std::cout << '\n' << footer;
        return 0;
    }
    for (const auto& [heading, options] : groups) {
        if (!CLI::detail::to_lower(heading).starts_with(CLI::detail::to_lower(what.subject))) continue;
        print_group(heading, options);
        return 0;
    }
    std::cerr << "tandem-get: --help: there is nothing about '" << what.subject << "'; all of them are:\n";
    for (const auto& each : groups)
        std::cerr << "  " << each.first << '\n';
    return 2;
}
