// Lines of JSON for other programs.
#pragma once
#include "download/progress/display.hpp"

/// An object on a line of its own for each event, on standard error. "event" says which; "file" is the file's
/// number in the run, from 1. Keys may be added in later versions; those that are here stay:
///
///     {"event":"begin","file":1,"url":"http://…"}
///     {"event":"progress","file":1,"bytes":65536,"total":1048576,"attempts":1}   at most one a second, a
///     file
///     {"event":"retry","file":1,"attempts":1,"cause":"503 Service Unavailable"}
///     {"event":"step","file":1,"step":"thumbnail:128"}
///     {"event":"done","file":1,"url":"http://…","path":"images/a.jpg","bytes":1048576,"received":1048576,
///      "resumed":0,"attempts":2,"status":200,"kept":false,"milliseconds":431}
///     {"event":"failed","file":1,"url":"http://…","error":"http://…: 404 Not Found","exit_code":8}
///     {"event":"message","text":"…"}
///     {"event":"summary","files":3,"saved":2,"kept":0,"failed":1,"retries":1,"received":1234567,
///      "milliseconds":431,"bytes_per_second":2864424}
///
/// "total" is null where no length is known, "file" and "url" of "failed" where there never was a file. Of
/// "begin" there is one for each file, then exactly one of "done" and "failed", if it is not interrupted.
class json_display final : public display {
  private:
    void show_begin(const run_state::file& which) override;
    void show_retry(const run_state::file& which) override;
    void show_step(const run_state::file& which) override;
    void show_done(const run_state::file& which, const tandem::http::downloaded& what) override;
    void show_failed(const run_state::file* which, std::string_view why, int exit_code) override;
    void show_message(std::string_view text) override;
    void show_frame() override;
    void show_end() override;

    tandem::time_point next_progress_{};
};
