// What an open file is made of: its descriptor, and what is done with it on the spot.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "io/file_request.hpp"
#include "io/unique_fd.hpp"

namespace tandem::detail {

/// Throws std::system_error: `what` is the operation ("cannot read"), `error` the system's number.
[[noreturn]] void throw_file_error(const char* what, const std::string& path, int error);

/// How much is read or written on the spot: what the copying takes, some microseconds, is less than the way
/// to somebody else and back.
inline constexpr std::size_t inline_limit = 64 * 1024;

/// Its address stays, whatever becomes of the `file` around it.
class file_state {
  public:
    /// Takes `descriptor` over, even where it throws.
    file_state(unique_fd descriptor, std::string path);
    file_state(const file_state&) = delete;
    file_state& operator=(const file_state&) = delete;
    ~file_state();

    int descriptor() const noexcept { return descriptor_.get(); }
    const std::string& path() const noexcept { return path_; }
    bool appends() const noexcept { return appends_; }

    /// A call about this file, to be filled in.
    file_request request(file_call call) const noexcept;

    /// Reads or writes on the spot. The value is the number of bytes, or the error's number, negative:
    /// -EAGAIN where that could hold up the loop.
    std::int64_t try_read(const file_request& reading) noexcept;
    std::int64_t try_write(const file_request& writing) noexcept;
    /// The same for a call that seldom waits for a disk; -EAGAIN where the file is slow.
    std::int64_t try_quick(const file_request& call) noexcept;

    void forget_descriptor() noexcept { (void)descriptor_.release(); }

  private:
    friend class file_use;
    template <class Call> std::int64_t timed(Call call) noexcept;

    unique_fd descriptor_;
    std::string path_;
    /// Reads and writes go through the page cache.
    bool is_regular_ = false;
    bool appends_ = false;
    /// Nothing more is done on the spot but reading what is in the page cache.
    bool is_slow_ = false;
    /// The file system can say whether a read would wait.
    bool can_ask_ = true;
    bool position_in_use_ = false;
    /// Operations under way.
    int users_ = 0;
};

/// An operation that is under way on a file.
class file_use {
  public:
    enum class of : bool { anything, position };

    /// Throws usage_error where two want the position.
    explicit file_use(file_state& state, of what = of::anything);
    file_use(const file_use&) = delete;
    file_use& operator=(const file_use&) = delete;
    ~file_use();

  private:
    file_state& state_;
    of what_;
};

} // namespace tandem::detail
