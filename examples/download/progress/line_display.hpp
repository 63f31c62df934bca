// Lines for a file, a pipe, or a terminal that can do no more.
#pragma once
#include "download/progress/display.hpp"
#include "download/progress/text.hpp"

/// How much is said.
enum class line_detail {
    files,    ///< a line for each file that is complete or has failed, and the summary
    failures, ///< failures and messages
    nothing,
};

/// A line after a while without any is written at once, and those that come close behind it together, ten
/// times a second: a write for each would be a good part of what a small file costs.
class line_display final : public display {
  public:
    explicit line_display(line_detail detail);
    /// Writes what still waits.
    ~line_display() override;

  private:
    void show_done(const run_state::file& which, const tandem::http::downloaded& what) override;
    void show_failed(const run_state::file* which, std::string_view why, int exit_code) override;
    void show_message(std::string_view text) override;
    void show_result(std::string_view line) override;
    void show_frame() override;
    void show_end() override;

    void flush();

    const line_detail detail_;
    const charset charset_;
    /// Lines that wait to be written, with their ends.
    std::string lines_;
    /// None came since the last frame.
    bool is_quiet_ = true;
};
