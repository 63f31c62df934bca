// What a pool's options say of its workers, on the way to them: one file in memory, written once and read by
// each. However large the initializer's arguments are, they cost a worker nothing but the look at them.
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "io/unique_fd.hpp"
#include <tandem/pool/process_pool_options.hpp>

namespace tandem::detail {

/// Writes it. Throws std::system_error.
unique_fd write_worker_setup(const process_pool_options& options);

/// The file as a worker sees it: mapped.
class worker_setup {
  public:
    /// Closes the descriptor. Throws std::system_error, codec_error.
    explicit worker_setup(int descriptor);
    worker_setup(const worker_setup&) = delete;
    worker_setup& operator=(const worker_setup&) = delete;
    ~worker_setup();

    const limit_values& limits() const noexcept { return limits_; }
    bool captures_stdout() const noexcept { return captures_stdout_; }
    bool has_initializer() const noexcept { return !initializer_.empty(); }
    /// They run what the options give. Throw what that throws.
    void initialize() const;
    void preload() const;

  private:
    void* mapped_ = nullptr;
    std::size_t size_ = 0;
    limit_values limits_;
    bool captures_stdout_ = true;
    std::span<const std::byte> initializer_;
    std::span<const std::byte> preload_;
};

/// Where setting up a worker failed.
enum class setup_step : unsigned char { limits, initializer, filter, preload };
constexpr bool is_enumerator(setup_step step) {
    return step <= setup_step::preload;
}

} // namespace tandem::detail
