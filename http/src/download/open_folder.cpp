#include "download/open_folder.hpp"

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/scheduler.hpp>

namespace tandem::http::detail {

file_place place_by_path(const std::string& path) noexcept {
    return {AT_FDCWD, path.c_str()};
}

open_folder::open_folder(std::string path)
    : path_(std::move(path)) {}

open_folder::~open_folder() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

file_place open_folder::place_of(const std::string& path) noexcept {
    const auto now = loop::current().current_task().scheduler().coarse_now();
    if (!is_looked_up_ || looked_up_at_ != now) {
        look();
        is_looked_up_ = true;
        looked_up_at_ = now;
    }
    if (descriptor_ < 0) return place_by_path(path);
    return {descriptor_, path.c_str() + path_.size()};
}

bool open_folder::look_again() noexcept {
    is_looked_up_ = false;
    if (descriptor_ < 0) return false;
    ::close(std::exchange(descriptor_, -1));
    return true;
}

void open_folder::look() noexcept {
    const char* const path = path_.empty() ? "." : path_.c_str();
    struct stat found {};
    if (descriptor_ >= 0) {
        const bool is_there = ::stat(path, &found) == 0;
        if (is_there && found.st_dev == disk_ && found.st_ino == inode_) return;
        ::close(std::exchange(descriptor_, -1));
    }
    descriptor_ = ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0) return;
    if (::fstat(descriptor_, &found) != 0) {
        ::close(std::exchange(descriptor_, -1));
        return;
    }
    disk_ = found.st_dev;
    inode_ = found.st_ino;
}

} // namespace tandem::http::detail
