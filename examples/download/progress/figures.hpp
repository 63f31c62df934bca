// Amounts as people read them, each in a few columns.
#pragma once
#include <cstdint>
#include <string>

#include <tandem/base/clock.hpp>

/// "999 B", "1.5 kB", "254 kB", "12.3 MB": three digits or two and one behind the point, by thousands; at
/// most 7 columns.
std::string size_text(double bytes);

/// "12.3 MB/s"; at most 9 columns.
std::string speed_text(double bytes_per_second);

/// A time to wait or that was taken, in at most 7 columns: "0:07", "12:34", "1:02:03", "3d 04h"; 100 days and
/// more are "> 99d".
std::string clock_text(tandem::duration time);

/// A time that was taken: "0.31 s", "12.3 s", above a minute as clock_text has it.
std::string seconds_text(tandem::duration time);
