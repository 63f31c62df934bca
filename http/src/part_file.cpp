#include "part_file.hpp"

#include <atomic>
#include <cerrno>
#include <random>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <tandem/http/error.hpp>

#include "download/publish.hpp"

namespace tandem::http::detail {

namespace {

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
    : file_writer(std::move(target), std::move(url)) {
    open();
}

part_file::~part_file() {
    if (is_open()) ::unlink(temporary_.c_str());
}

void part_file::open() {
    bool folders_made = false;
    for (;;) {
        temporary_ = temporary_name(target());
        const int made = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (made >= 0) return adopt(made);
        if (errno == EEXIST || errno == EINTR) continue;
        if (errno != ENOENT || folders_made) fail(target(), errno);
        make_folders();
        folders_made = true;
    }
}

void part_file::publish(bool replaces) {
    flush();
    int error = close();
    if (error == 0) error = publish_file(temporary_, target(), replaces);
    if (error == 0) return;
    ::unlink(temporary_.c_str());
    if (error == EEXIST) throw file_exists(url(), target());
    fail(target(), error);
}

} // namespace tandem::http::detail
