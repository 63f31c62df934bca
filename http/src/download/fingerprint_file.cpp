#include "download/fingerprint_file.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace tandem::http::detail {

namespace {

constexpr std::uint64_t first_pages = 64;
/// On average. A page that has not been split in a round comes to twice that before its turn.
constexpr std::uint64_t cells_taken = fingerprint_file::page_size / sizeof(fingerprint) * 2 / 5;

int open_without_name(const std::string& folder) noexcept {
    const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
    // A file system, or a kernel, that has no such files.
    auto name = folder + "/tandem-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

/// Where it belongs when there are so many pages: as its lowest bits say, with one bit less where a page of
/// that number is yet to come.
std::uint64_t home_of(const fingerprint& one, std::uint64_t pages) noexcept {
    const auto bits = std::uint64_t{one[1]} << 32 | one[2];
    const auto mask = std::bit_ceil(pages) - 1;
    const auto home = bits & mask;
    return home < pages ? home : home & mask >> 1;
}

/// Its cell in the page, or the empty one for it; the number of cells where all are taken by others.
template <class Page> std::size_t cell_of(const fingerprint& one, const Page& in) noexcept {
    const std::size_t home = one[0] % in.size();
    for (std::size_t i = 0; i < in.size(); ++i) {
        const auto at = (home + i) % in.size();
        if (in[at] == one || in[at] == fingerprint{}) return at;
    }
    return in.size();
}

off_t offset_of(std::uint64_t number) noexcept {
    return static_cast<off_t>(number * fingerprint_file::page_size);
}

} // namespace

fingerprint_file::fingerprint_file(std::string folder)
    : folder_(std::move(folder))
    , file_(open_without_name(folder_))
    , pages_(first_pages) {
    if (file_ < 0) fail(errno);
    if (::ftruncate(file_, offset_of(first_pages)) != 0) { // pages of empty cells
        const int code = errno;
        ::close(file_);
        fail(code);
    }
}

fingerprint_file::~fingerprint_file() {
    ::close(file_);
}

bool fingerprint_file::insert(const fingerprint& one) {
    // First, so that nothing can fail once it is in.
    if (size_ >= pages_ * cells_taken) split();
    auto home = read(home_of(one, pages_));
    auto cell = cell_of(one, home);
    while (cell == home.size()) {
        split();
        home = read(home_of(one, pages_));
        cell = cell_of(one, home);
    }
    if (home[cell] == one) return false;
    home[cell] = one;
    write(home_of(one, pages_), home, cell, 1);
    ++size_;
    return true;
}

void fingerprint_file::insert_first(const fingerprint_table& those) {
    constexpr std::size_t at_once = 16;
    // A power of two, so that all are filled alike.
    const auto pages = std::bit_ceil(std::max(first_pages, those.size() / cells_taken + 1));
    std::vector<page> some(at_once);
    std::vector<fingerprint> left;
    for (std::uint64_t first = 0; first < pages; first += at_once) {
        std::fill(some.begin(), some.end(), page{});
        those.each([&](const fingerprint& one) {
            const auto number = home_of(one, pages) - first;
            if (number >= at_once) return;
            auto& home = some[number];
            if (const auto cell = cell_of(one, home); cell < home.size())
                home[cell] = one;
            else
                left.push_back(one);
        });
        for (std::size_t i = 0; i < at_once; ++i)
            write(first + i, some[i], 0, some[i].size());
    }
    pages_ = pages;
    size_ = those.size() - left.size();
    for (const auto& one : left)
        insert(one);
}

bool fingerprint_file::contains(const fingerprint& one) const {
    const auto home = read(home_of(one, pages_));
    const auto cell = cell_of(one, home);
    return cell < home.size() && home[cell] == one;
}

void fingerprint_file::each(const std::function<void(const fingerprint&)>& take) const {
    const auto end = ::lseek(file_, 0, SEEK_END); // where a split has failed, behind the last page
    for (std::uint64_t number = 0; offset_of(number) < end; ++number)
        for (const auto& one : read(number))
            if (one != fingerprint{}) take(one);
}

/// Adds a page, and moves to it what belongs there from the page where that was so far.
void fingerprint_file::split() {
    const auto fresh = pages_;
    const auto old = fresh - std::bit_floor(fresh);
    page kept{}, moved{};
    for (const auto& one : read(old)) {
        if (one == fingerprint{}) continue;
        auto& into = home_of(one, fresh + 1) == fresh ? moved : kept;
        into[cell_of(one, into)] = one;
    }
    // In this order, so that none is lost when the disk is full.
    write(fresh, moved, 0, moved.size());
    write(old, kept, 0, kept.size());
    pages_ = fresh + 1;
}

fingerprint_file::page fingerprint_file::read(std::uint64_t number) const {
    page made;
    auto* const bytes = reinterpret_cast<char*>(made.data());
    for (std::size_t done = 0; done < sizeof made;) {
        const auto count =
            ::pread(file_, bytes + done, sizeof made - done, offset_of(number) + static_cast<off_t>(done));
        if (count < 0 && errno != EINTR) fail(errno);
        if (count == 0) { // not all of it could be written
            std::fill(bytes + done, bytes + sizeof made, '\0');
            break;
        }
        if (count > 0) done += static_cast<std::size_t>(count);
    }
    return made;
}

void fingerprint_file::write(std::uint64_t number, const page& what, std::size_t first, std::size_t count) {
    const auto begin = first * sizeof(fingerprint);
    const auto end = begin + count * sizeof(fingerprint);
    const auto* const bytes = reinterpret_cast<const char*>(what.data());
    for (auto done = begin; done < end;) {
        const auto written =
            ::pwrite(file_, bytes + done, end - done, offset_of(number) + static_cast<off_t>(done));
        if (written < 0 && errno != EINTR) fail(errno);
        if (written > 0) done += static_cast<std::size_t>(written);
    }
}

void fingerprint_file::fail(int code) const {
    throw std::system_error(code, std::generic_category(), "a temporary file in " + folder_);
}

} // namespace tandem::http::detail
