#include "download/folder_survey.hpp"

#include <cerrno>
#include <memory>

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
    if (look_at(where).may_have_any || name.empty()) return true;
    const auto [word, bits] = mark_of(where, name);
    return !filter_.empty() && (filter_[word] & bits) == bits;
}

bool folder_survey::may_have_notes_beside(std::string_view path) {
    return look_at(folder_of(path)).may_have_notes;
}

void folder_survey::add(std::string_view path) {
    const auto where = folder_of(path);
    add(mark_of(where, path.substr(where.size())));
}

folder_survey::folder folder_survey::look_at(std::string_view folder_path) {
    if (last_ && last_->first == folder_path) return last_->second;
    auto known = folders_.find(folder_path);
    if (known == folders_.end()) {
        if (folders_.size() == most_folders) return {};
        std::string name(folder_path);
        const auto found = look_through(name);
        known = folders_.emplace(std::move(name), found).first;
    }
    last_ = &*known;
    return known->second;
}

/// One that is not there has nothing, one that cannot be read may have all.
folder_survey::folder folder_survey::look_through(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(path.empty() ? "." : path.c_str()), ::closedir);
    if (!open && errno == ENOENT) return {false, false};
    if (!open) return {};
    bool has_notes = false;
    for (std::size_t count = 0;; ++count) {
        errno = 0;
        const dirent* const next = ::readdir(open.get());
        if (!next && errno == 0) return {false, has_notes};
        if (!next || count == most_names) return {};
        const std::string_view name(next->d_name);
        has_notes = has_notes || download_part::is_note_name(name);
        add(mark_of(path, name));
    }
}

folder_survey::mark folder_survey::mark_of(std::string_view folder, std::string_view name) noexcept {
    const std::hash<std::string_view> hash;
    // An odd factor brings the folder's hash to all bits.
    const std::uint64_t mixed = hash(name) ^ hash(folder) * 0x9e3779b97f4a7c15u;
    const auto bit = [&](int at) { return std::uint64_t(1) << (mixed >> at & 63); };
    return {static_cast<std::size_t>(mixed >> 32) % words, bit(0) | bit(6) | bit(12)};
}

void folder_survey::add(mark one) {
    if (filter_.empty()) filter_.resize(words);
    filter_[one.word] |= one.bits;
}

} // namespace tandem::http::detail
