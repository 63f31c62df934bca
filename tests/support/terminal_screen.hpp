// What somebody in front of a terminal sees of what a program has written to it.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Obeys the little of ECMA-48 that progress bars need: carriage return and line feed, moving up (CSI A),
/// erasing to the end of the line and of the screen (CSI K and J), colours (CSI m), and hiding and showing
/// the cursor (CSI ?25 l and h). Anything else is what a program must not send, and throws
/// std::runtime_error. Long lines go on in the next row, and are broken anew when the size changes, as most
/// terminals do it.
class terminal_screen {
  public:
    terminal_screen(int rows, int columns);

    /// Takes what the program wrote next.
    void feed(std::string_view text);
    void resize(int rows, int columns);

    /// The rows that are to be seen, without spaces at their ends; empty ones at the end are left out.
    std::vector<std::string> rows() const;
    /// The same with what has scrolled off before.
    std::vector<std::string> all_rows() const;

    /// From 0, within what is to be seen.
    int cursor_row() const noexcept { return static_cast<int>(row_ - top_); }
    int cursor_column() const noexcept { return static_cast<int>(column_); }
    bool shows_cursor() const noexcept { return shows_cursor_; }
    /// How often the cursor was hidden, which is what begins a frame.
    int frames() const noexcept { return frames_; }
    int colours() const noexcept { return colours_; }

  private:
    struct line {
        /// A cell each; the right half of a wide character is empty.
        std::vector<std::string> cells;
        /// It was too long, and goes on in the next.
        bool goes_on = false;
    };
    void put(std::string_view character);
    void feed_line();
    void obey(std::string_view sequence);

    std::size_t height_;
    std::size_t width_;
    std::vector<line> lines_;
    /// The first that is to be seen.
    std::size_t top_ = 0;
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    /// Of a sequence or a character that is not complete yet.
    std::string pending_;
    bool shows_cursor_ = true;
    int frames_ = 0;
    int colours_ = 0;
};

} // namespace test
