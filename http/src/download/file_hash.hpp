// The hash of a file, made while it is still being written.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tandem/coro/task.hpp>
#include <tandem/http/checksum.hpp>
#include <tandem/threads/job.hpp>

namespace tandem::http::detail {

/// Follows the writer of a file and hashes behind it, what was there before included: in a thread, which
/// reads from the page cache what the kernel has moved there, as bytes that are spliced never pass through
/// this program. The end of a long file is hashed all but at once then, and the loop never computes for long;
/// a short file is not worth a thread, and is hashed on the loop.
///
/// Dropping it stops the thread by itself. Belongs to its loop's thread, and is used from coroutines.
class file_hash {
  public:
    /// `file` is a descriptor of it, which has to be open only now and in whatever way: the file is opened
    /// once more, by way of /proc, so that locks are not shared. Throws std::system_error, and
    /// std::runtime_error where OpenSSL does not offer the algorithm.
    file_hash(int file, hash_algorithm algorithm);
    file_hash(file_hash&&) noexcept = default;
    file_hash& operator=(file_hash&&) noexcept = default;
    ~file_hash();

    /// What is before `offset` will not change any more. Never less than what was said before.
    void reached(std::uint64_t offset);

    /// The digest of the first `size` bytes in lower-case hexadecimal; called once, at the end. Throws
    /// std::system_error where the file cannot be read, or is shorter than that.
    task<std::string> finish(std::uint64_t size);

    /// How much the thread is given at least: a file shorter than that is hashed on the loop.
    static constexpr std::uint64_t least_for_thread = 256 * 1024;

  private:
    class reader;

    void start_thread();
    bool has_failed() const noexcept;

    /// Shared with the thread, which may have to end its piece after this is gone.
    std::shared_ptr<reader> reader_;
    std::optional<job<void>> following_;
};

} // namespace tandem::http::detail
