// The picture of a run for a terminal: text made of the state and of the room there is, and nothing else.
#pragma once
#include <string>
#include <vector>

#include "download/progress/run_state.hpp"
#include "download/progress/text.hpp"

struct terminal_size {
    int rows = 24;
    int columns = 80;
};

struct frame_style {
    charset text = charset::ascii;
    bool is_coloured = false;
};

/// A bar for each file under way, by file_id, as many as there is room for; a line of what else there is to
/// say (failures, retries, files that have no bar), where there is something; and the total. One row of the
/// terminal stays free, and the last column too, so that no line is continued on the next.
///
///     photo-000.jpg       ━━━━━━━━━━━━━━━━━━━━━━━━━━━  45 %   1.2 MB   1.2 MB/s     0:12
///     photo-001.jpg       waits: 503 Service Unavailable
///     12 of 96 saved      ━━━━━━━━━━━━━━━━━━━━━━━━━━━  13 %  12.3 MB   9.8 MB/s     1:07
std::vector<std::string> frame_lines(const run_state& run, terminal_size room, frame_style style);

/// The one line that is left of a run, `took` after its beginning: "2 of 3 saved, 1.2 MB in 0.42 s, 2.9 MB/s,
/// 1 retry, 1 failed".
std::string summary_line(const run_state& run, tandem::duration took);
