// Archives made for the tests, good ones and such as only an attacker makes.
#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/utf8_locale.hpp"

namespace test {

/// What stands in an archive.
struct archived {
    std::string name;
    std::string content;
    unsigned type = AE_IFREG;
    /// Of a symbolic or hard link.
    std::string target = {};
    unsigned permissions = 0644;

    static archived symlink(std::string name, std::string target) {
        return {std::move(name), "", AE_IFLNK, std::move(target)};
    }
    static archived hardlink(std::string name, std::string target) {
        return {std::move(name), "", 0, std::move(target)};
    }
    static archived folder(std::string name) { return {std::move(name), "", AE_IFDIR, {}, 0755}; }
};

/// `format` and `filter` as libarchive numbers them. Names are taken as they are.
inline std::string archive_of(const std::vector<archived>& entries,
                              int format = ARCHIVE_FORMAT_TAR_PAX_RESTRICTED,
                              int filter = ARCHIVE_FILTER_GZIP) {
    const utf8_locale characters_of_names;
    std::string made(std::size_t{4} << 20, '\0');
    std::size_t used = 0;
    archive* out = ::archive_write_new();
    const auto check = [&](int result) {
        if (result < ARCHIVE_WARN) throw std::runtime_error(::archive_error_string(out));
    };
    check(::archive_write_set_format(out, format));
    check(::archive_write_add_filter(out, filter));
    check(::archive_write_set_bytes_in_last_block(out, 1));
    check(::archive_write_open_memory(out, made.data(), made.size(), &used));
    for (const auto& each : entries) {
        archive_entry* entry = ::archive_entry_new();
        ::archive_entry_set_pathname(entry, each.name.c_str());
        ::archive_entry_set_perm(entry, each.permissions);
        if (each.type == 0)
            ::archive_entry_set_hardlink(entry, each.target.c_str());
        else
            ::archive_entry_set_filetype(entry, each.type);
        if (each.type == AE_IFLNK) ::archive_entry_set_symlink(entry, each.target.c_str());
        ::archive_entry_set_size(entry, static_cast<la_int64_t>(each.content.size()));
        check(::archive_write_header(out, entry));
        if (!each.content.empty()) ::archive_write_data(out, each.content.data(), each.content.size());
        ::archive_entry_free(entry);
    }
    check(::archive_write_close(out));
    ::archive_write_free(out);
    made.resize(used);
    return made;
}

} // namespace test
