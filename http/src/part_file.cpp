#include "part_file.hpp"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <tandem/http/error.hpp>

namespace tandem::http::detail {

namespace {

/// Smaller pieces are gathered up to this size; larger ones go out as they are.
constexpr std::size_t crumb = 4 * 1024;
constexpr std::size_t gathered = 64 * 1024;

/// With the last slash; empty where there is none.
std::string_view folder_of(std::string_view path) {
    return path.substr(0, path.rfind('/') + 1);
}

/// Differs between processes and threads and from one call to the next. Where it does not, O_EXCL says so.
std::uint32_t next_number() {
    static const std::uint32_t seed = std::random_device()() ^ static_cast<std::uint32_t>(::getpid());
    static std::atomic<std::uint32_t> counter{0};
    // An odd factor keeps the numbers of one process apart.
    return seed + counter.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b1u;
}

std::string temporary_name(std::string_view target) {
    constexpr std::size_t longest_name = 230;
    constexpr char digits[] = "0123456789abcdef";
    const auto folder = folder_of(target);
    const auto name = target.substr(folder.size(), longest_name);
    std::string made;
    made.reserve(target.size() + 16);
    made.append(folder).append(".").append(name).append(".part-");
    const auto number = next_number();
    for (int shift = 28; shift >= 0; shift -= 4)
        made += digits[number >> shift & 15];
    return made;
}

} // namespace

part_file::part_file(std::string target, std::string url)
    : target_(std::move(target))
    , url_(std::move(url)) {
    open();
}

part_file::~part_file() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(temporary_.c_str());
}

void part_file::open() {
    bool folders_made = false;
    for (;;) {
        temporary_ = temporary_name(target_);
        file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file_ >= 0) return;
        if (errno == EEXIST || errno == EINTR) continue;
        if (errno != ENOENT || folders_made) fail(target_);
        make_folders();
        folders_made = true;
    }
}

void part_file::make_folders() const {
    const std::string folder(folder_of(target_));
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) return;
    errno = error.value();
    fail(folder.empty() ? target_ : folder);
}

void part_file::write(std::string_view bytes) {
    size_ += bytes.size();
    if (bytes.size() >= crumb) {
        flush();
        write_out(bytes);
        return;
    }
    crumbs_ += bytes;
    if (crumbs_.size() >= gathered) flush();
}

std::optional<std::size_t> part_file::take_from(int socket, kernel_pipe& by, std::size_t most) {
    flush();
    const auto made = by.move(socket, file_, most);
    if (made.socket_error != 0) throw std::system_error(made.socket_error, std::generic_category());
    if (made.file_error != 0) {
        errno = made.file_error;
        fail(target_);
    }
    size_ += made.taken.value_or(0);
    return made.taken;
}

void part_file::flush() {
    write_out(crumbs_);
    crumbs_.clear();
}

void part_file::write_out(std::string_view bytes) {
    while (!bytes.empty()) {
        auto written = ::write(file_, bytes.data(), bytes.size());
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR)
            fail(target_);
    }
}

void part_file::publish() {
    flush();
    int file = std::exchange(file_, -1);
    // Some file systems report a failed write only here.
    bool failed = ::close(file) != 0 && errno != EINTR;
    if (!failed) failed = ::rename(temporary_.c_str(), target_.c_str()) != 0;
    if (!failed) return;
    int error = errno;
    ::unlink(temporary_.c_str());
    errno = error;
    fail(target_);
}

void part_file::fail(const std::string& path) const {
    throw file_error(url_, path, errno);
}

} // namespace tandem::http::detail
