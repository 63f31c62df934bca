#include "download/steps/extract.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <vector>

#include "common/utf8_locale.hpp"
#include "download/steps/extract_names.hpp"
#include <tandem/threads/job_cancelled.hpp>

namespace fs = std::filesystem;

namespace {

/// A new folder beside the archive, gone with all that is in it unless it gets a name.
class scratch_folder {
  public:
    explicit scratch_folder(const std::string& beside)
        : path_(beside + ".extracting-XXXXXX") {
        if (!::mkdtemp(path_.data())) throw std::system_error(errno, std::generic_category(), path_);
        // Without symbolic links on the way, which libarchive goes through nowhere.
        path_ = fs::canonical(path_).string();
    }
    ~scratch_folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string operator/(const std::string& name) const { return path_ + '/' + name; }
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

/// Takes the place of nothing.
void give_name(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
        throw std::system_error(errno, std::generic_category(), to);
}

class extraction {
  public:
    extraction(const std::string& archive, std::uint64_t most, std::stop_token stop)
        : name_(archive)
        , most_(most)
        , stop_(std::move(stop))
        , source_(::archive_read_new(), &::archive_read_free)
        , target_(::archive_write_disk_new(), &::archive_write_free) {
        if (!source_ || !target_) throw std::bad_alloc();
        // One by one: of libarchive's others some run programs, and mtree reads files that it names.
        for (auto support : {&::archive_read_support_format_tar, &::archive_read_support_format_zip,
                             &::archive_read_support_format_7zip, &::archive_read_support_format_cpio,
                             &::archive_read_support_format_raw, &::archive_read_support_filter_gzip,
                             &::archive_read_support_filter_bzip2, &::archive_read_support_filter_xz,
                             &::archive_read_support_filter_zstd, &::archive_read_support_filter_lz4,
                             &::archive_read_support_filter_compress})
            support(source_.get());
        ::archive_write_disk_set_options(target_.get(), ARCHIVE_EXTRACT_TIME |
                                                            ARCHIVE_EXTRACT_SECURE_SYMLINKS |
                                                            ARCHIVE_EXTRACT_SECURE_NODOTDOT);
    }

    std::string run() {
        constexpr std::size_t block = 256 * 1024;
        if (::archive_read_open_filename(source_.get(), name_.c_str(), block) != ARCHIVE_OK) fail(source_);
        archive_entry* entry = nullptr;
        if (!next(entry)) refuse("it is empty");
        if (::archive_format(source_.get()) == ARCHIVE_FORMAT_RAW) return decompress(entry);

        const auto folder = name_without_archive_endings(name_);
        refuse_existing(folder);
        const scratch_folder scratch(name_);
        do
            extract(entry, scratch);
        while (next(entry));
        if (::archive_write_close(target_.get()) != ARCHIVE_OK) fail(target_);
        give_name(scratch.path(), folder); // the scratch folder is nowhere then
        return folder;
    }

  private:
    using reader = std::unique_ptr<::archive, int (*)(::archive*)>;

    [[noreturn]] void refuse(std::string_view why) const {
        throw std::runtime_error(fmt::format("{}: {}", name_, why));
    }
    [[noreturn]] void fail(const reader& which) const {
        const char* why = ::archive_error_string(which.get());
        refuse(why ? why : "it cannot be read");
    }
    void refuse_existing(const std::string& path) const {
        if (fs::symlink_status(path).type() != fs::file_type::not_found) refuse(path + " is there already");
    }
    void check_stop() const {
        if (stop_.stop_requested()) throw tandem::job_cancelled(tandem::cancel_reason::requested);
    }

    bool next(archive_entry*& entry) {
        check_stop();
        const int found = ::archive_read_next_header(source_.get(), &entry);
        if (found == ARCHIVE_EOF) return false;
        if (found < ARCHIVE_WARN) fail(source_);
        if (++entries_ > most_extracted) refuse(fmt::format("it holds more than {} files", most_extracted));
        return true;
    }

    std::string decompress(archive_entry* entry) {
        if (::archive_filter_code(source_.get(), 0) == ARCHIVE_FILTER_NONE)
            refuse("neither an archive nor compressed");
        const auto file = name_without_compression(name_);
        refuse_existing(file);
        const scratch_folder scratch(name_);
        ::archive_entry_set_pathname(entry, (scratch / "file").c_str());
        ::archive_entry_set_perm(entry, 0666);
        write(entry);
        give_name(scratch / "file", file);
        return file;
    }

    void extract(archive_entry* entry, const scratch_folder& into) {
        // The second is for names that the first cannot give in the locale's characters.
        const char* given = ::archive_entry_pathname(entry);
        if (!given) given = ::archive_entry_pathname_utf8(entry);
        if (!given) refuse("a name in it cannot be read");
        const auto name = inner_name(given);
        if (!name) refuse(fmt::format("'{}' in it leads out of its folder", given));
        if (name->empty()) return; // the folder itself
        ::archive_entry_set_pathname(entry, (into / *name).c_str());
        if (const char* other = ::archive_entry_hardlink(entry)) {
            link_within(entry, other, *name, into);
        } else {
            check_kind(entry, *name);
        }
        write(entry);
    }

    /// A hard link to a symbolic one would move that, and with it what it leads to.
    void link_within(archive_entry* entry, const char* other, const std::string& name,
                     const scratch_folder& into) const {
        const auto target = inner_name(other);
        if (!target || target->empty() || fs::symlink_status(into / *target).type() != fs::file_type::regular)
            refuse(fmt::format("'{}' in it is a link to '{}', which is no file of it", name, other));
        ::archive_entry_set_hardlink(entry, (into / *target).c_str());
    }

    void check_kind(archive_entry* entry, const std::string& name) const {
        const auto permissions = ::archive_entry_perm(entry) & 0777;
        switch (::archive_entry_filetype(entry)) {
        case AE_IFREG:
            ::archive_entry_set_perm(entry, permissions | 0600);
            break;
        case AE_IFDIR:
            ::archive_entry_set_perm(entry, permissions | 0700);
            break;
        case AE_IFLNK: {
            const char* to = ::archive_entry_symlink(entry);
            if (!to || !leads_within(name, to))
                refuse(fmt::format("'{}' in it is a link to '{}', out of its folder", name, to ? to : ""));
            break;
        }
        default:
            refuse(fmt::format("'{}' in it is neither a file nor a folder", name));
        }
    }

    void write(archive_entry* entry) {
        if (::archive_entry_size_is_set(entry)) check_room(::archive_entry_size(entry));
        if (::archive_write_header(target_.get(), entry) != ARCHIVE_OK) fail(target_);
        std::int64_t end = 0;
        for (;;) {
            check_stop();
            const void* bytes = nullptr;
            std::size_t size = 0;
            std::int64_t at = 0;
            const int got = ::archive_read_data_block(source_.get(), &bytes, &size, &at);
            if (got == ARCHIVE_EOF) break;
            if (got != ARCHIVE_OK) fail(source_);
            end = at + static_cast<std::int64_t>(size); // sparse files have holes between blocks
            check_room(end);
            if (::archive_write_data_block(target_.get(), bytes, size, at) != ARCHIVE_OK) fail(target_);
        }
        written_ += static_cast<std::uint64_t>(end);
        if (::archive_write_finish_entry(target_.get()) != ARCHIVE_OK) fail(target_);
    }

    void check_room(std::int64_t more) const {
        if (more < 0 || static_cast<std::uint64_t>(more) > most_ - written_)
            refuse(fmt::format("it comes to more than {} bytes", most_));
    }

    const std::string& name_;
    const std::uint64_t most_;
    const std::stop_token stop_;
    reader source_;
    reader target_;
    std::uint64_t entries_ = 0;
    std::uint64_t written_ = 0;
};

} // namespace

std::string extract_archive(const std::string& archive, std::uint64_t most, std::stop_token stop) {
    const utf8_locale names;
    return extraction(archive, most, std::move(stop)).run();
}
