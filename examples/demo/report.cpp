#include "demo/report.hpp"

#include "common/sha256.hpp"
#include "demo/modes.hpp"
#include "thumbnail/image.hpp"
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace files = std::filesystem;

namespace {

constexpr std::string_view thumbnail_mark = "_thumbnail";

std::optional<std::string> read_file(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

} // namespace

digest_map parse_digests(std::string_view text) {
    digest_map digests;
    std::istringstream lines{std::string(text)};
    for (std::string digest, name; lines >> digest >> name;)
        digests[name] = digest;
    return digests;
}

std::string thumbnail_of(const std::string& photo) {
    auto dot = photo.rfind('.');
    return photo.substr(0, dot) + std::string(thumbnail_mark) + photo.substr(dot);
}

demo_folder::demo_folder(std::string path)
    : path_(std::move(path)) {
    files::create_directories(path_);
}

template <class Predicate> void demo_folder::remove_where(Predicate predicate) const {
    for (auto& entry : files::directory_iterator(path_)) {
        auto name = entry.path().filename().string();
        bool ours = name.starts_with("photo-") || name.starts_with(".photo-");
        if (ours && predicate(name)) files::remove(entry.path());
    }
}

void demo_folder::clear() const {
    remove_where([](auto&) { return true; });
}

void demo_folder::clear_thumbnails() const {
    remove_where([](auto& name) { return name.find(thumbnail_mark) != name.npos; });
}

void demo_folder::clear_temporary() const {
    remove_where([](auto& name) { return !name.ends_with(".jpg"); });
}

int demo_folder::count() const {
    int result = 0;
    for (auto& entry : files::directory_iterator(path_)) {
        auto name = entry.path().filename().string();
        if (name.starts_with("photo-") && name.ends_with(".jpg")) ++result;
    }
    return result;
}

account verify(const demo_folder& folder, const digest_map& expected, std::vector<std::string>& complaints) {
    account found;
    for (auto& [name, digest] : expected) {
        auto content = read_file(folder / name);
        if (!content) {
            complaints.push_back(folder / name + " is missing");
        } else if (sha256(*content) != digest) {
            complaints.push_back(folder / name + " has the wrong content");
        } else {
            ++found.files;
            found.bytes += content->size();
        }
    }
    return found;
}

digest_map inspect_thumbnails(const demo_folder& folder, const digest_map& photos,
                              std::vector<std::string>& complaints) {
    digest_map digests;
    for (auto& [photo, digest] : photos) {
        auto name = thumbnail_of(photo);
        auto content = read_file(folder / name).value_or("");
        digests[name] = sha256(content);
        try {
            auto* begin = reinterpret_cast<const unsigned char*>(content.data());
            auto picture = imaging::decode_jpeg({begin, content.size()}, thumbnail_edge);
            if (std::max(picture.width, picture.height) == thumbnail_edge) continue;
            complaints.push_back(folder / name + " has the wrong size");
        } catch (const imaging::bad_image& error) {
            complaints.push_back(folder / name + ": " + error.what());
        }
    }
    return digests;
}

table::table(std::string_view title) {
    fmt::print("\n{:<34}{:>10}{:>11}{:>8}{:>18}{:>14}\n", title, "wall", "speed-up", "files",
               "bytes verified", "connections");
    std::fflush(stdout);
}

void table::print(const row& next) {
    if (first_ == 0) first_ = next.seconds;
    auto connections = next.connections < 0 ? std::string() : std::to_string(next.connections);
    fmt::print("  {:<32}{:>8.2f} s{:>9.1f} x{:>8}{:>18}{:>14}\n", next.mode, next.seconds,
               first_ / next.seconds, next.verified.files, next.verified.bytes, connections);
    std::fflush(stdout);
}
