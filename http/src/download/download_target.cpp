// Which file a download becomes.
#include "download/download_run.hpp"

#include <cerrno>
#include <utility>

#include <sys/stat.h>

#include <tandem/http/content_disposition.hpp>
#include <tandem/http/error.hpp>

#include "download/publish.hpp"
#include "exchange.hpp"

namespace tandem::http::detail {

std::string download_run::path_of(std::string_view name) const {
    const auto& file = options_.file();
    const std::string_view last = file.empty() ? name : std::string_view(file);
    const auto& folder = options_.folder();
    if (folder.empty() || last.starts_with('/')) return std::string(last);
    std::string path;
    path.reserve(folder.size() + 1 + last.size());
    path = folder;
    if (!path.ends_with('/')) path += '/';
    return path.append(last);
}

/// The name that a reply suggests, else the URL's.
std::string download_run::name_in(const exchange& work) const {
    const auto suggested = suggested_file_name(work.head().fields["Content-Disposition"]);
    return suggested ? *suggested : request_.target.file_name();
}

/// Chooses the file's path, and locks its part. Returns false where the file is there and stays.
bool download_run::settle(std::string path) {
    path_ = std::move(path);
    const bool is_numbered = options_.existing() == if_exists::number;
    if (name_ && !is_numbered)
        if (const auto other = name_->take(path_, site_.url()))
            throw file_exists(site_.url(), path_, "is the name of " + *other + ", too");
    for (number_ = name_ && is_numbered ? name_->first_number(path_) : 0;; ++number_) {
        auto wanted = number_ == 0 ? path_ : numbered_name(path_, number_);
        if (!is_free(wanted)) {
            if (is_numbered) continue;
            keep_file(std::move(wanted));
            return false;
        }
        part_rules rules;
        rules.creates_folders = options_.creates_folders();
        rules.is_durable = options_.is_durable();
        rules.is_kept = takes_parts_ && options_.keeps_part();
        if (name_) {
            const bool believes_notes = options_.trusts_partial() || !options_.mirrors().empty();
            rules.may_find_note = believes_notes || name_->files().may_have_notes_beside(wanted);
        }
        part_.emplace(std::move(wanted), site_.url(), rules);
        part_->set_limit(largest_);
        if (part_->open()) {
            if (name_ && is_numbered) name_->take_number(path_, number_);
            furthest_ = part_->holds().count();
            return furthest_ == 0 || settle_for_long();
        }
        part_.reset();
        if (!is_numbered)
            throw file_error(site_.url(), download_part::path_for(path_), EWOULDBLOCK,
                             "another download is writing it");
    }
}

/// Whether a file may get this name, as far as is known without asking for each of very many. Throws where
/// that is an error.
bool download_run::is_free(const std::string& path) {
    is_assumed_free_ = name_ && !options_.keeps_error_body() && !name_->files().may_have(path);
    return is_assumed_free_ || is_free_on_disk(path);
}

/// What comes is so long, or what is there of it already, that it is worth asking whether the name that was
/// assumed to be free is. Returns false where the file is there and stays.
bool download_run::settle_for_long() {
    const auto name = part_->target();
    if (!std::exchange(is_assumed_free_, false) || is_free_on_disk(name)) return true;
    name_->files().add_unforeseen(name);
    if (options_.existing() == if_exists::number) return true; // it gets one in the end
    if (part_->has_begun()) part_->discard();
    keep_file(name);
    return false;
}

/// The same, for sure.
bool download_run::is_free_on_disk(const std::string& path) const {
    struct stat seen {};
    if (::lstat(path.c_str(), &seen) != 0) return true;
    const auto what = options_.existing();
    if (what == if_exists::fail) throw file_exists(site_.url(), path);
    if (what == if_exists::number) return false;
    if (S_ISDIR(seen.st_mode)) throw file_error(site_.url(), path, EISDIR);
    return what == if_exists::replace;
}

void download_run::keep_file(std::string path) {
    struct stat seen {};
    if (::stat(path.c_str(), &seen) == 0) result_.bytes = static_cast<std::uint64_t>(seen.st_size);
    result_.was_kept = true;
    result_.path = file_path(std::move(path));
    part_.reset();
}

} // namespace tandem::http::detail
