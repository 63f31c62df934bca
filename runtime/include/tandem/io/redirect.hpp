// Where a standard stream of a child process leads.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include <tandem/base/config.hpp>

namespace tandem {

/// One of a child's standard streams: ours, nothing, a pipe, a descriptor or a file. A value.
class TANDEM_API redirect {
  public:
    /// What this process has there.
    static redirect inherit() noexcept { return redirect(kind::inherit); }
    /// /dev/null.
    static redirect null() noexcept { return redirect(kind::null); }
    /// A pipe, whose other end `subprocess` gives as a byte_stream.
    static redirect pipe() noexcept { return redirect(kind::pipe); }
    /// For the error output: where the output goes (`2>&1`).
    static redirect to_output() noexcept { return redirect(kind::to_output); }
    /// A copy of `number`, which stays the caller's and has to be open until the child has started.
    static redirect descriptor(int number) noexcept { return redirect(kind::descriptor, number); }
    /// A file, opened when the child starts: to read from as input; as output created with mode 0666 less the
    /// umask, and emptied.
    static redirect file(std::string path) noexcept { return redirect(kind::file, -1, std::move(path)); }
    /// A file that output is added to, created where there is none.
    static redirect append(std::string path) noexcept { return redirect(kind::append, -1, std::move(path)); }

    enum class kind : std::uint8_t { inherit, null, pipe, to_output, descriptor, file, append };
    kind what() const noexcept { return kind_; }
    int number() const noexcept { return number_; }
    const std::string& path() const noexcept { return path_; }

  private:
    explicit redirect(kind what, int number = -1, std::string path = {}) noexcept
        : kind_(what)
        , number_(number)
        , path_(std::move(path)) {}

    kind kind_;
    int number_;
    std::string path_;
};

} // namespace tandem
