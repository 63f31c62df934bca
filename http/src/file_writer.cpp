#include "file_writer.hpp"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <tandem/http/error.hpp>

namespace tandem::http::detail {

namespace {

/// Smaller pieces are gathered up to this size; larger ones go out as they are.
constexpr std::size_t crumb = 4 * 1024;
constexpr std::size_t gathered = 64 * 1024;

} // namespace

std::string_view folder_of(std::string_view path) noexcept {
    return path.substr(0, path.rfind('/') + 1);
}

file_writer::file_writer(std::string target, std::string url)
    : target_(std::move(target))
    , url_(std::move(url)) {}

file_writer::~file_writer() {
    close();
}

void file_writer::write(std::string_view bytes) {
    size_ += bytes.size();
    check_limit();
    if (bytes.size() >= crumb) {
        flush();
        write_out(bytes);
        return;
    }
    crumbs_ += bytes;
    if (crumbs_.size() >= gathered) flush();
}

std::optional<std::size_t> file_writer::take_from(int socket, kernel_pipe& by, std::size_t most) {
    flush();
    const auto made = by.move(socket, file_, written_, most);
    if (made.socket_error != 0) throw std::system_error(made.socket_error, std::generic_category());
    if (made.file_error != 0) fail_writing(made.file_error);
    size_ += made.taken.value_or(0);
    check_limit();
    return made.taken;
}

void file_writer::seek(std::uint64_t offset) noexcept {
    crumbs_.clear();
    size_ = offset;
    written_ = offset;
}

void file_writer::flush() {
    write_out(crumbs_);
    crumbs_.clear();
}

void file_writer::write_out(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            written_ += static_cast<std::uint64_t>(count);
        } else if (errno != EINTR) {
            fail_writing(errno);
        }
    }
}

/// What did not get into the file is forgotten.
void file_writer::fail_writing(int code) {
    crumbs_.clear();
    size_ = written_;
    fail(target_, code);
}

int file_writer::close() noexcept {
    if (file_ < 0) return 0;
    const bool failed = ::close(std::exchange(file_, -1)) != 0 && errno != EINTR;
    return failed ? errno : 0;
}

void file_writer::make_folders() const {
    const std::string folder(folder_of(target_));
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) fail(folder.empty() ? target_ : folder, error.value());
}

void file_writer::fail(const std::string& path, int code) const {
    throw file_error(url_, path, code);
}

void file_writer::fail_too_large() const {
    throw body_too_large(url_, "the body is larger than " + std::to_string(limit_) + " bytes");
}

} // namespace tandem::http::detail
