#include "download/publish.hpp"

#include <cerrno>
#include <cstdio>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "file_writer.hpp"

namespace tandem::http::detail {

namespace {

/// For file systems that do not know RENAME_NOREPLACE: a second name for the file, or, where it can have but
/// one, an empty file that holds the place until it is replaced.
int publish_by_hand(const char* from, const char* to) noexcept {
    if (::link(from, to) == 0) {
        ::unlink(from);
        return 0;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK) return errno;
    const int placeholder = ::open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (placeholder < 0) return errno;
    ::close(placeholder);
    if (::rename(from, to) == 0) return 0;
    const int error = errno;
    ::unlink(to);
    return error;
}

} // namespace

int publish_file(const std::string& from, const std::string& to, bool replaces) noexcept {
    if (replaces) return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return errno;
    return publish_by_hand(from.c_str(), to.c_str());
}

int sync_folder_of(const std::string& path) noexcept {
    const auto name = folder_of(path);
    const std::string folder = name.empty() ? "." : std::string(name);
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return errno;
    // Some file systems know nothing to sync in a folder.
    const int error = ::fsync(opened) == 0 || errno == EINVAL ? 0 : errno;
    ::close(opened);
    return error;
}

std::string numbered_name(const std::string& path, int number) {
    const auto folder = folder_of(path);
    const auto name = std::string_view(path).substr(folder.size());
    auto dot = name.rfind('.');
    if (dot == 0 || dot == std::string_view::npos) dot = name.size();
    constexpr std::string_view archive = ".tar";
    const auto stem = name.substr(0, dot);
    if (stem.size() > archive.size() && stem.ends_with(archive)) dot -= archive.size();
    std::string made(folder);
    return made.append(name.substr(0, dot)) + '-' + std::to_string(number) + std::string(name.substr(dot));
}

} // namespace tandem::http::detail
