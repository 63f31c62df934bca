// Lines for standard error.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "download/progress/text.hpp"

/// `text` as `printable` makes its lines; the last needs no line end.
void append_lines(std::vector<std::string>& to, std::string_view text, charset known);

/// Writes whole lines, each with its end, to standard error at once. Nothing happens where that cannot be:
/// what nobody can be told is no reason to stop.
void write_errors(std::string_view lines);
