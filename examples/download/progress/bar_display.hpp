// Bars on a terminal.
#pragma once
#include <string>
#include <vector>

#include "download/progress/display.hpp"
#include "download/progress/screen.hpp"

/// Colours unless NO_COLOR is set (no-color.org), characters by the user's locale.
frame_style style_for_user();

class bar_display final : public display {
  public:
    bar_display();
    /// Shows what it still has to say, and leaves no bar behind.
    ~bar_display() override;

  private:
    void show_failed(const run_state::file* which, std::string_view why, int exit_code) override;
    void show_message(std::string_view text) override;
    void show_result(std::string_view line) override;
    void show_frame() override;
    void show_end() override;

    /// Hands results to standard output.
    void print_results();

    const frame_style style_;
    /// Results go to a terminal, which is likely to be the one with the bars.
    const bool shares_terminal_;
    screen screen_;
    /// What is to scroll off above the next frame.
    std::vector<std::string> above_;
    /// For standard output, before the next frame.
    std::vector<std::string> results_;
};
