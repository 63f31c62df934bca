#include "download/download_part.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <tandem/http/error.hpp>
#include <tandem/io/file.hpp>

#include "download/publish.hpp"

namespace tandem::http::detail {

namespace {

constexpr std::uint64_t between_notes = 16 * 1024 * 1024;
/// Less is written before anybody could have asked how much room there is.
constexpr std::uint64_t least_reserved = 1024 * 1024;
/// What a full disk gives back so that the sidecar finds room.
constexpr std::uint64_t given_back = 64 * 1024;

constexpr std::string_view part_ending = ".part";
constexpr std::string_view note_ending = ".tandem";

std::string joined(std::string_view one, std::string_view other) {
    std::string made;
    made.reserve(one.size() + other.size());
    return made.append(one).append(other);
}

/// The same file for operations that wait for the disk, which must not hold up the loop. It does not share
/// the lock: a ring or a thread may hold it for a moment after this process was killed.
file patient(int descriptor, const std::string& name) {
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    const int opened = ::open(link.c_str(), O_RDWR | O_CLOEXEC);
    if (opened < 0) throw std::system_error(errno, std::generic_category(), name);
    return file::adopt(opened, name);
}

/// Whether this is a file system that may report a failed write only when a descriptor is closed: NFS, SMB
/// and those in user space. Asked once for all files of a disk, as far as they come one behind the other.
bool reports_on_close(int file, dev_t disk) noexcept {
    static thread_local dev_t last_disk = 0;
    static thread_local bool last_answer = false;
    if (disk == last_disk) return last_answer;
    struct statfs about {};
    if (::fstatfs(file, &about) != 0) return true;
    constexpr unsigned nfs = 0x6969, cifs = 0xff534d42, smb2 = 0xfe534d42, fuse = 0x65735546;
    const auto kind = static_cast<unsigned>(about.f_type);
    last_disk = disk;
    last_answer = kind == nfs || kind == cifs || kind == smb2 || kind == fuse;
    return last_answer;
}

} // namespace

std::string download_part::path_for(std::string_view target) {
    // 255 bytes, less what a sidecar's name has behind it while it is written.
    constexpr std::size_t longest_name = 235, kept = 215;
    const auto folder = folder_of(target);
    const auto name = target.substr(folder.size());
    if (name.size() <= longest_name) return joined(target, part_ending);
    std::string made(folder);
    const auto hash = std::hash<std::string_view>()(name);
    return made.append(name.substr(0, kept)) + '-' + std::to_string(hash % 1'000'000'000) +
           std::string(part_ending);
}

bool download_part::is_note_name(std::string_view name) noexcept {
    // Not all file systems tell capitals from others.
    return name.size() >= note_ending.size() &&
           equal_ignoring_case(name.substr(name.size() - note_ending.size()), note_ending);
}

download_part::download_part(std::string target, std::string url, const part_rules& rules)
    : file_writer(std::move(target), std::move(url))
    , rules_(rules)
    , path_(path_for(this->target()))
    , may_have_note_(rules.may_find_note) {}

download_part::~download_part() {
    if (is_open()) keep();
}

std::string download_part::note_path() const {
    return joined(path_, note_ending);
}

bool download_part::open() {
    bool folders_made = !rules_.creates_folders;
    for (;;) {
        bool is_new = true;
        int opened = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (opened < 0 && errno == EEXIST) {
            is_new = false;
            may_have_note_ = true;
            opened = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
            if (opened < 0 && errno == ENOENT) continue; // gone in between
        }
        if (opened >= 0) {
            adopt(opened);
            const auto got = lock(is_new);
            if (got == locked::yes) return true;
            close();
            if (got == locked::by_another) return false;
        } else if (errno == ENOENT && !folders_made) {
            make_folders();
            folders_made = true;
        } else if (errno != EINTR) {
            fail(path_, errno);
        }
    }
}

/// Before the lock is there another may have had it, and have published or removed the file meanwhile. Who
/// made it can tell with one call less than who has found it, as nobody publishes what he has found empty.
download_part::locked download_part::lock(bool is_new) {
    while (::flock(descriptor(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return locked::by_another;
        if (errno != EINTR) fail(path_, errno);
    }
    struct stat mine {
    }, named{};
    if (::fstat(descriptor(), &mine) != 0) fail(path_, errno);
    closes_late_ = reports_on_close(descriptor(), mine.st_dev);
    was_empty_ = mine.st_size == 0;
    if (is_new) return was_empty_ && mine.st_nlink == 1 ? locked::yes : locked::in_vain;
    if (!S_ISREG(mine.st_mode)) {
        close();
        throw file_error(url(), path_, EINVAL, "it is no regular file");
    }
    const bool is_named = ::lstat(path_.c_str(), &named) == 0;
    if (!is_named || mine.st_dev != named.st_dev || mine.st_ino != named.st_ino) return locked::in_vain;
    if (was_empty_) {
        ::unlink(path_.c_str());
        return locked::in_vain;
    }
    read_note(static_cast<std::uint64_t>(mine.st_size));
    return locked::yes;
}

void download_part::read_note(std::uint64_t size) {
    auto found = sidecar::read(note_path());
    if (!found || found->ranges.empty() || found->ranges.back().end > size) return;
    note_ = std::move(*found);
    noted_ = note_.ranges.back().end;
}

void download_part::begin(entity fresh) {
    const bool is_short = fresh.total && *fresh.total < long_body;
    // After a loss of power it must not stand beside the bytes of another entity.
    if ((may_have_note_ || !is_short) && remove_note() && rules_.is_durable) sync_folder_of(path_);
    if ((has_begun_ || !was_empty_) && ::ftruncate(descriptor(), 0) != 0) fail(target(), errno);
    if (has_begun_) seek(0);
    has_begun_ = true;
    note_.of = std::move(fresh);
    note_.ranges.clear();
    begun_at_ = 0;
    next_note_ = rules_.is_kept ? long_body : std::uint64_t(-1);
}

void download_part::go_on_at(std::uint64_t offset) {
    // What an earlier download wrote behind its last note counts for nothing.
    const auto end = note_.contiguous();
    if (::ftruncate(descriptor(), static_cast<off_t>(end)) != 0) fail(target(), errno);
    note_.ranges.clear();
    note_.add({0, end});
    seek(offset);
    begun_at_ = offset;
    has_begun_ = true;
    next_note_ = end + between_notes;
}

void download_part::go_on_in_gaps() {
    has_begun_ = true;
    if (noted_ > 0) next_note_ = note_.count() + between_notes; // else it is the first, and due as for others
}

task<> download_part::reserve(std::uint64_t length) {
    const auto done = this->done();
    if (length < done + least_reserved) co_return;
    const auto needed = length - done;
    struct statvfs disk {};
    if (::fstatvfs(descriptor(), &disk) == 0 && disk.f_blocks > 0) {
        const auto room = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
        struct stat mine {};
        const bool is_known = ::fstat(descriptor(), &mine) == 0;
        // What was set aside for it earlier counts.
        const auto own = is_known ? static_cast<std::uint64_t>(mine.st_blocks) * 512 : 0;
        const auto set_aside = own - std::min(own, done);
        if (room + set_aside < needed)
            throw file_error(url(), target(), ENOSPC,
                             "no space left on the device: " + std::to_string(needed) +
                                 " bytes are needed, " + std::to_string(room) + " are free");
    }
    try {
        auto on_disk = patient(descriptor(), path_);
        co_await on_disk.allocate(length);
    } catch (const std::system_error& failure) {
        const int code = failure.code().value();
        if (code == ENOSPC || code == EDQUOT || code == EFBIG) fail(target(), code);
        // This file system cannot; the rest will show.
    }
}

void download_part::count_written() {
    flush();
    note_.add({begun_at_, written()});
}

task<> download_part::write_note() {
    count_written();
    next_note_ = note_.count() + between_notes;
    const auto claimed = note_; // others may write while the disk is waited for
    if (rules_.is_durable) co_await sync();
    may_have_note_ = true;
    const int error = claimed.write(note_path(), rules_.is_durable);
    if (error != 0) fail(note_path(), error);
    noted_ = claimed.ranges.back().end;
}

task<> download_part::sync() {
    try {
        auto on_disk = patient(descriptor(), path_);
        co_await on_disk.sync();
    } catch (const std::system_error& failure) {
        fail(path_, failure.code().value());
    }
}

bool download_part::publish(const std::string& name, bool replaces) {
    if (closes_late_) {
        // The lock stays with ours.
        const int copy = ::fcntl(descriptor(), F_DUPFD_CLOEXEC, 0);
        if (copy >= 0 && ::close(copy) != 0 && errno != EINTR) fail(target(), errno);
    }
    const int error = publish_file(path_, name, replaces);
    if (error == EEXIST && !replaces) return false;
    if (error != 0) fail(name, error);
    if (name != target()) set_target(name);
    if (noted_ > 0) remove_note();
    close();
    if (rules_.is_durable)
        if (const int trouble = sync_folder_of(name); trouble != 0) fail(name, trouble);
    return true;
}

void download_part::discard() noexcept {
    remove_note();
    ::unlink(path_.c_str());
    close();
}

/// Returns whether there was one.
bool download_part::remove_note() noexcept {
    const bool was_there = ::unlink(note_path().c_str()) == 0;
    may_have_note_ = !was_there && errno != ENOENT;
    noted_ = 0;
    return was_there;
}

/// It was interrupted. All of this is done at once: there may be no loop any more to wait in.
void download_part::keep() noexcept {
    if (!has_begun_) {
        if (was_empty_) discard();
        return;
    }
    try {
        flush();
    } catch (const error&) {
        // The rest is of use all the same.
    }
    note_.add({begun_at_, written()});
    if (!rules_.is_kept || note_.ranges.empty()) return discard();
    for (;;) {
        auto& last = note_.ranges.back();
        // Gives back what was set aside and is not used.
        if (::ftruncate(descriptor(), static_cast<off_t>(last.end)) != 0) return;
        if (rules_.is_durable && ::fdatasync(descriptor()) != 0) return;
        const int error = note_.write(note_path(), rules_.is_durable);
        const bool is_full = error == ENOSPC || error == EDQUOT;
        if (!is_full || last.end < noted_ + given_back || last.end - last.begin <= given_back) return;
        last.end -= given_back;
    }
}

} // namespace tandem::http::detail
