// How a file is opened.
#pragma once
#include <tandem/base/config.hpp>

namespace tandem {

/// What `file::open` does; for reading an existing file where nothing is said.
///
///     co_await file::open(path, file_options().write().create().truncate());
class TANDEM_API file_options {
  public:
    /// Opens for reading; the default where neither `write` nor `append` is asked for.
    file_options& read() noexcept {
        reads_ = true;
        return *this;
    }
    /// Opens for writing.
    file_options& write() noexcept {
        writes_ = true;
        return *this;
    }
    /// Opens for writing at the end, wherever that is when the bytes come: writers of one file do not
    /// overwrite each other.
    file_options& append() noexcept {
        writes_ = appends_ = true;
        return *this;
    }
    /// Makes the file where there is none.
    file_options& create() noexcept {
        creates_ = true;
        return *this;
    }
    /// Makes the file, and fails (EEXIST) where there is one.
    file_options& exclusive() noexcept {
        creates_ = exclusive_ = true;
        return *this;
    }
    /// Empties a file that is there.
    file_options& truncate() noexcept {
        truncates_ = true;
        return *this;
    }
    /// The permissions of a file that is made, less the process's umask; 0666 otherwise.
    file_options& permissions(unsigned mode) noexcept {
        permissions_ = mode;
        return *this;
    }

    /// As open(2) takes them.
    int flags() const noexcept;
    unsigned permissions() const noexcept { return permissions_; }

  private:
    bool reads_ = false;
    bool writes_ = false;
    bool appends_ = false;
    bool creates_ = false;
    bool exclusive_ = false;
    bool truncates_ = false;
    unsigned permissions_ = 0666;
};

} // namespace tandem
