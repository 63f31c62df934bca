#include "download/folder_survey.hpp"

#include <cerrno>
#include <memory>
#include <utility>

#include <dirent.h>

#include "download/download_part.hpp"
#include "file_writer.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::size_t words = 4 * 1024;

} // namespace

bool folder_survey::may_have(std::string_view path) {
    const auto where = folder_of(path);
    const auto name = path.substr(where.size());
    folder* const at = look_up(where);
    if (!at || name.empty()) return true;
    if (!std::exchange(at->was_asked_about, true)) return true;
    if (!std::exchange(at->was_looked_through, true)) look_through(last_->first, *at);
    if (at->may_have_any) return true;
    const auto [word, bits] = mark_of(where, name);
    return !filter_.empty() && (filter_[word] & bits) == bits;
}

bool folder_survey::may_have_notes_beside(std::string_view path) {
    const folder* const at = look_up(folder_of(path));
    return !at || at->may_have_notes;
}

void folder_survey::add(std::string_view path) {
    const auto where = folder_of(path);
    add(mark_of(where, path.substr(where.size())));
}

void folder_survey::add_unforeseen(std::string_view path) {
    folder* const at = look_up(folder_of(path));
    if (!at) return;
    at->was_looked_through = true;
    at->may_have_any = at->may_have_notes = true;
}

folder_survey::folder* folder_survey::look_up(std::string_view folder_path) {
    if (last_ && last_->first == folder_path) return &last_->second;
    auto known = folders_.find(folder_path);
    if (known == folders_.end()) {
        if (folders_.size() == most_folders) return nullptr;
        known = folders_.try_emplace(std::string(folder_path)).first;
    }
    last_ = &*known;
    return &known->second;
}

/// One that is not there has nothing, one that cannot be read may have all.
void folder_survey::look_through(const std::string& path, folder& at) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(path.empty() ? "." : path.c_str()), ::closedir);
    if (!open && errno != ENOENT) return;
    bool has_notes = false;
    std::vector<mark> names;
    while (open) {
        errno = 0;
        const dirent* const next = ::readdir(open.get());
        if (!next && errno == 0) break;
        if (!next || names.size() == most_names) return;
        const std::string_view name(next->d_name);
        has_notes = has_notes || download_part::is_note_name(name);
        names.push_back(mark_of(path, name));
    }
    for (const mark one : names)
        add(one);
    if (!open) add_way_to(path);
    at.may_have_any = false;
    at.may_have_notes = has_notes;
}

/// A folder that is not there will be made, and the folders that it is in.
void folder_survey::add_way_to(std::string_view folder_path) {
    while (!folder_path.empty()) {
        folder_path.remove_suffix(1); // the slash
        add(folder_path);
        folder_path = folder_of(folder_path);
    }
}

folder_survey::mark folder_survey::mark_of(std::string_view folder, std::string_view name) noexcept {
    const std::hash<std::string_view> hash;
    // Equal names in different folders, and folders of one name, get marks of their own.
    const std::uint64_t mixed = hash(name) ^ hash(folder) * 0x9e3779b97f4a7c15u;
    const auto bit = [&](int at) { return std::uint64_t(1) << (mixed >> at & 63); };
    return {static_cast<std::size_t>(mixed >> 32) % words, bit(0) | bit(6) | bit(12)};
}

void folder_survey::add(mark one) {
    if (filter_.empty()) filter_.resize(words);
    filter_[one.word] |= one.bits;
}

} // namespace tandem::http::detail
