#include "origin/site.hpp"

#include "common/sha256.hpp"
#include "origin/photo.hpp"
#include <fmt/format.h>

namespace {

std::string photo_name(std::size_t index) {
    return fmt::format("photo-{:03}.jpg", index);
}

} // namespace

site::site(int files, int corrupt)
    : photos_(make_photos(files)) {
    for (std::size_t i = 0; i < photos_.size(); ++i) {
        digests_ += fmt::format("{}  {}\n", sha256(photos_[i]), photo_name(i));
        if (static_cast<int>(i) == corrupt) photos_[i][photos_[i].size() / 2] ^= 1;
    }
}

const std::string* site::photo(std::string_view name) const {
    // The number stands where the name has its digits; any other spelling fails the comparison.
    std::size_t index = 0;
    for (char c : name) {
        if (c >= '0' && c <= '9') index = index * 10 + static_cast<std::size_t>(c - '0');
        if (index > photos_.size()) return nullptr;
    }
    return index < photos_.size() && name == photo_name(index) ? &photos_[index] : nullptr;
}
