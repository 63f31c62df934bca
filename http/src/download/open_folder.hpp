// Files of a folder without the way to it.
#pragma once
#include <cstdint>
#include <string>

#include <sys/types.h>

namespace tandem::http::detail {

/// What a system call takes for a file: a path, and the open folder at which it begins.
struct file_place {
    int folder;
    const char* path;
};

/// The place of a file that is found by its path alone.
file_place place_by_path(const std::string& path) noexcept;

/// A folder that is kept open, so that the system need not go through all of its path for each of many files.
/// Somebody may put another one in its place: where the path leads is looked up again whenever the loop's
/// coarse clock has gone on, each millisecond at most. What happens in between may as well have happened
/// later.
class open_folder {
  public:
    /// `path` ends with a slash; empty for the working directory.
    explicit open_folder(std::string path);
    open_folder(const open_folder&) = delete;
    open_folder& operator=(const open_folder&) = delete;
    ~open_folder();

    /// Where the file is now; its path begins with this folder's. Good for system calls before the next
    /// suspension, as long as `path` stays. To be called inside of a task.
    file_place place_of(const std::string& path) noexcept;

    /// A file was not found. Returns false where that would be the same if the folder were looked up again.
    bool look_again() noexcept;

  private:
    void look() noexcept;

    const std::string path_;
    /// -1 where it could not be opened, as it may not be there yet.
    int descriptor_ = -1;
    dev_t disk_ = 0;
    ino_t inode_ = 0;
    bool is_looked_up_ = false;
    std::uint32_t looked_up_at_ = 0;
};

} // namespace tandem::http::detail
