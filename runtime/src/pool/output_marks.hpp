// The worker's side of its captured output: see output_page.
#pragma once
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
    /// To be called before the job's answer is sent. Flushes stdout.
    void job_ends(std::uint64_t job) noexcept;

  private:
    struct stream {
        unique_fd pipe;
        output_page::stream* page = nullptr;
        std::uint32_t marks = 0;

        void mark_end(std::uint64_t job) noexcept;
    };

    output_page& page_;
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
