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

class line_display final : public display {
  public:
    explicit line_display(line_detail detail);

  private:
    void show_done(const run_state::file& which, const tandem::http::downloaded& what) override;
    void show_failed(const run_state::file* which, std::string_view why, int exit_code) override;
    void show_message(std::string_view text) override;
    void show_end() override;

    const line_detail detail_;
    const charset charset_;
};
