// A block of lines at the end of a terminal that is drawn over and over, with other lines scrolling above it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "download/progress/frame.hpp"

/// What has to be written for a terminal whose cursor is where the last such text left it: `above` scrolls
/// off, line by line, and `block` stands below it in the place of the one before.
///
/// The cursor rests at the beginning of the block's first line, not behind its last. So everything that has
/// to be erased the next time is below it, also where the terminal has been made narrower meanwhile and has
/// broken the lines of the block in two. It is hidden only while a block is being drawn: whatever ends the
/// program, it leaves a terminal with a cursor.
std::string repaint(const std::vector<std::string>& above, const std::vector<std::string>& block);

class screen {
  public:
    explicit screen(int fd) noexcept
        : fd_(fd) {}
    /// Erases the block.
    ~screen();
    screen(const screen&) = delete;
    screen& operator=(const screen&) = delete;

    /// As it is now: asked each time, so that no signal has to be waited for. COLUMNS and LINES, or 80 x 24,
    /// where it is no terminal.
    terminal_size size() const;

    /// True where the terminal would take a frame now: one that is held with Ctrl-S is not waited for.
    bool is_ready() const noexcept;

    void draw(const std::vector<std::string>& above, const std::vector<std::string>& block);
    /// Erases the block; what is printed then stands where it stood.
    void clear();
    /// Clears, and prints lines that stay.
    void print(const std::vector<std::string>& lines);

  private:
    void write(std::string_view text) const noexcept;

    int fd_;
    std::vector<std::string> block_;
};
