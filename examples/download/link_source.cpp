#include "download/link_source.hpp"

#include <cerrno>
#include <cstring>
#include <iostream>
#include <stdexcept>

link_source::link_source(const std::vector<std::string>& given, bool expand, const std::string& file) {
    for (const auto& each : given)
        patterns_.push_back(expand ? url_pattern(each) : url_pattern::of_one(each));
    if (file.empty()) return;
    if (file == "-") {
        in_ = &std::cin;
        return;
    }
    file_.open(file);
    if (!file_) throw std::runtime_error(file + " cannot be read: " + std::strerror(errno));
    in_ = &file_;
}

std::optional<std::string> link_source::next() {
    for (; at_ < patterns_.size(); ++at_)
        if (auto link = patterns_[at_].next()) return link;
    return next_line();
}

/// Blank lines and those that begin with # are none.
std::optional<std::string> link_source::next_line() {
    if (!in_) return std::nullopt;
    for (std::string line; std::getline(*in_, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && line[0] != '#') return line;
    }
    if (in_->bad()) throw std::runtime_error("the list of links cannot be read to its end");
    return std::nullopt;
}
