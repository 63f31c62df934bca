// The worker's side of its captured output: see output_page.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "io/unique_fd.hpp"
#include "pool/output_page.hpp"

namespace tandem::detail {

class output_marks {
  public:
    /// Takes descriptors of its own for the pipes: a job may close or replace the standard ones.
    output_marks(output_page& page, bool has_stdout);

    void job_begins(std::uint64_t job) noexcept { page_.job.store(job); }
    /// To be called at the job's end, while it is still being timed.
    static void flush() noexcept;
    /// To be called before the job's answer is sent; `ran` is how long the job took, with `flush`.
    void job_ends(std::uint64_t job, std::chrono::nanoseconds ran) noexcept {
        if (ran >= quickest_write_) look_for_output(job);
    }
    /// The same for what is no job, and was not timed.
    void setup_ends() noexcept {
        flush();
        look_for_output(0);
    }

  private:
    struct stream {
        unique_fd pipe;
        output_page::stream* page = nullptr;
        std::uint32_t marks = 0;

        void mark_end(std::uint64_t job) noexcept;
    };

    void look_for_output(std::uint64_t job) noexcept;
    std::chrono::nanoseconds time_to_look() const noexcept;

    output_page& page_;
    /// A job that took less cannot have written anything.
    std::chrono::nanoseconds quickest_write_{0};
    stream out_;
    stream err_;
};

/// A mark as it stands in the pipe: RS, '#', its number, '#', the job, and a line end.
struct output_mark {
    std::uint32_t number = 0;
    std::uint64_t job = 0;
    /// Of the mark in the text.
    std::size_t size = 0;
};
/// The mark that `text` begins with, if it does.
std::optional<output_mark> find_output_mark(std::string_view text);
/// True where more text may make it a mark.
bool may_become_output_mark(std::string_view text);

} // namespace tandem::detail
