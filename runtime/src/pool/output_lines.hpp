// What a worker's jobs print, cut into lines: each goes to the log with the job that wrote it, and the last
// ones are kept.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include <tandem/base/log.hpp>

namespace tandem::detail {

class output_lines {
  public:
    /// `level` is that of the lines in the log. Those of stderr may be records of the worker's own log.
    /// The first mark follows `marks`.
    output_lines(int pid, log_level level, bool has_records, std::uint32_t marks)
        : pid_(pid)
        , level_(level)
        , has_records_(has_records)
        , marks_(marks) {}

    void set_worker(int pid) noexcept { pid_ = pid; }

    /// Takes what has been read, which may end in the midst of everything. Marks in it say where jobs' output
    /// ends; what comes after the last one is by `job`, unless fewer marks have been found than the worker
    /// has `written`: then it is kept until that one has come.
    void append(std::string_view text, std::uint64_t job, std::uint32_t written);
    /// The number of the last mark found.
    std::uint32_t marks() const noexcept { return marks_; }
    /// Ends the line that the job has left open. To be called when all that it has written has been read.
    void job_ended(std::uint64_t job);
    /// Takes what is kept for a mark that will never come, as by `job`, and ends its line.
    void finish(std::uint64_t job);

    /// The last lines, the one not yet ended included.
    std::string last_words() const;

  private:
    /// Enough for a sanitizer's report up to the interesting part of the stack.
    static constexpr std::size_t lines_kept = 32;
    static constexpr std::size_t line_limit = 1024;
    /// Of a record of the worker's log: longer than any that is read.
    static constexpr std::size_t record_limit = 64 * 1024;
    /// More than a pipe holds: what is kept has its mark before that.
    static constexpr std::size_t kept_limit = 2 << 20;

    std::size_t take_marked(std::string_view text);
    void cut(std::string_view text, std::uint64_t job);
    void end_line();
    void end_line_of(std::uint64_t job);

    int pid_;
    log_level level_;
    bool has_records_;
    /// Read, and not yet known to be whose, or the beginning of a mark.
    std::string undecided_;
    /// Whose it is if no mark comes of it.
    std::uint64_t undecided_job_ = 0;
    std::uint32_t marks_;
    std::string open_line_;
    std::uint64_t open_job_ = 0;
    std::deque<std::string> lines_;
};

} // namespace tandem::detail
