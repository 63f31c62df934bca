#include "download/fingerprint_set.hpp"

#include <filesystem>
#include <limits>
#include <utility>

#include <tandem/base/log.hpp>

namespace tandem::http::detail {

fingerprint_set::fingerprint_set(std::size_t most_in_memory, std::string folder)
    : most_in_memory_(most_in_memory)
    , folder_(std::move(folder)) {}

bool fingerprint_set::insert(std::string_view text) {
    const auto one = prints_.of(text);
    try {
        if (!file_ && table_.size() >= most_in_memory_) move_to_file();
        if (file_) return file_->insert(one);
    } catch (const std::system_error& trouble) {
        move_to_memory(trouble);
    }
    return table_.insert(one);
}

bool fingerprint_set::contains(std::string_view text) const {
    if (size() == 0) return false;
    const auto one = prints_.of(text);
    return file_ ? file_->contains(one) : table_.contains(one);
}

void fingerprint_set::move_to_file() {
    file_.emplace(folder_.empty() ? std::filesystem::temp_directory_path().string() : folder_);
    file_->insert_first(table_);
    table_.clear();
}

/// For good.
void fingerprint_set::move_to_memory(const std::system_error& trouble) {
    most_in_memory_ = std::numeric_limits<std::size_t>::max();
    log(log_level::warning,
        std::string("http: which URLs have been seen is kept in memory, for want of ") + trouble.what());
    if (!file_) return;
    file_->each([&](const fingerprint& one) { table_.insert(one); });
    file_.reset();
}

} // namespace tandem::http::detail
