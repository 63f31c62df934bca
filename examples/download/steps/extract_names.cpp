#include "download/steps/extract_names.hpp"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        const auto part = path.substr(0, end);
        if (!part.empty() && part != ".") parts.push_back(part);
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

/// Where an ending without a case is at the end of a name that has something before it.
bool ends_in(std::string_view path, std::string_view ending) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (name.size() <= ending.size()) return false;
    const auto end = name.substr(name.size() - ending.size());
    return std::equal(end.begin(), end.end(), ending.begin(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
    });
}

std::string without_ending(const std::string& path, std::initializer_list<std::string_view> endings) {
    for (const auto ending : endings)
        if (ends_in(path, ending)) return path.substr(0, path.size() - ending.size());
    return path + ".extracted";
}

} // namespace

std::optional<std::string> inner_name(std::string_view name) {
    if (name.starts_with('/')) return std::nullopt;
    std::string made;
    for (const auto part : parts_of(name)) {
        if (part == "..") return std::nullopt;
        if (!made.empty()) made += '/';
        made += part;
    }
    return made;
}

bool leads_within(std::string_view name, std::string_view target) {
    if (target.empty() || target.starts_with('/')) return false;
    auto above = std::count(name.begin(), name.end(), '/');
    bool goes_down = false;
    for (const auto part : parts_of(target)) {
        if (part != "..") {
            goes_down = true;
        } else if (goes_down || above-- == 0) {
            return false;
        }
    }
    return true;
}

std::string name_without_archive_endings(const std::string& path) {
    return without_ending(path, {".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz4", ".tar.z", ".tgz",
                                 ".tbz2", ".tbz", ".txz", ".tzst", ".tar", ".zip", ".7z", ".cpio"});
}

std::string name_without_compression(const std::string& path) {
    return without_ending(path, {".gz", ".bz2", ".xz", ".zst", ".lz4", ".z"});
}
