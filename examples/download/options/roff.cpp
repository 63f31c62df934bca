#include "download/options/roff.hpp"

#include <algorithm>
#include <iostream>
#include <string_view>

namespace {

/// Text that is nothing but text for troff.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\'')
            out += "\\(aq";
        else if (c == '~')
            out += "\\(ti";
        else
            out += c;
    }
    if (out.starts_with('.')) out.insert(0, "\\&");
    return out;
}

} // namespace

option_groups grouped_options(const CLI::App& app) {
    option_groups groups;
    for (const auto* option : app.get_options()) {
        const auto& heading = option->get_group();
        auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const auto& each) { return each.first == heading; });
        if (found == groups.end()) found = groups.insert(found, {heading, {}});
        found->second.push_back(option);
    }
    return groups;
}

std::string option_usage(const CLI::Option& option) {
    if (option.get_positional()) return option.get_name(true) + "...";
    std::string usage;
    for (const auto& name : option.get_snames())
        usage += (usage.empty() ? "-" : ", -") + name;
    for (const auto& name : option.get_lnames())
        usage += (usage.empty() ? "--" : ", --") + name;
    if (option.get_items_expected_max() > 0 && !option.get_type_name().empty())
        usage += ' ' + option.get_type_name();
    return usage;
}

void print_roff(const option_groups& groups) {
    for (const auto& [heading, options] : groups) {
        std::cout << ".SS " << escaped(heading) << '\n';
        for (const auto* each : options)
            std::cout << ".TP\n.B " << escaped(option_usage(*each)) << '\n'
                      << escaped(each->get_description()) << '\n';
    }
}
