#include "download/progress/json_display.hpp"

#include <boost/json.hpp>

#include "download/progress/lines.hpp"
#include "download/progress/text.hpp"

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

void print(const json::object& event) {
    write_errors(json::serialize(event) + '\n');
}

json::string text(std::string_view from) {
    return json::string(valid_utf8(from));
}

std::int64_t milliseconds(tandem::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

} // namespace

void json_display::show_begin(const run_state::file& which) {
    print({{"event", "begin"}, {"file", which.number}, {"url", text(which.url)}});
}

void json_display::show_retry(const run_state::file& which) {
    print({{"event", "retry"},
           {"file", which.number},
           {"attempts", which.attempts},
           {"cause", text(which.what)}});
}

void json_display::show_step(const run_state::file& which) {
    print({{"event", "step"}, {"file", which.number}, {"step", text(which.what)}});
}

void json_display::show_done(const run_state::file& which, const tandem::http::downloaded& what) {
    print({{"event", "done"},
           {"file", which.number},
           {"url", text(which.url)},
           {"path", text(which.path)},
           {"bytes", what.bytes},
           {"received", what.received},
           {"resumed", what.resumed},
           {"attempts", what.attempts},
           {"status", what.status},
           {"kept", what.was_kept},
           {"milliseconds", milliseconds(what.took)}});
}

void json_display::show_failed(const run_state::file* which, std::string_view why, int exit_code) {
    json::object event{{"event", "failed"}, {"file", nullptr}, {"url", nullptr}};
    if (which) {
        event["file"] = which->number;
        event["url"] = text(which->url);
    }
    event["error"] = text(why);
    event["exit_code"] = exit_code;
    print(event);
}

void json_display::show_message(std::string_view words) {
    print({{"event", "message"}, {"text", text(words)}});
}

void json_display::show_frame() {
    const auto now = tandem::clock::now();
    if (now < next_progress_) return;
    next_progress_ = now + 1s;
    for (const auto& one : run().files()) {
        if (!one.is_under_way || one.now != run_state::phase::receiving) continue;
        json::object event{
            {"event", "progress"}, {"file", one.number}, {"bytes", one.done}, {"total", nullptr}};
        if (one.total) event["total"] = *one.total;
        event["attempts"] = one.attempts;
        print(event);
    }
}

void json_display::show_end() {
    const auto took = tandem::clock::now() - run().begun_at();
    const double seconds = std::chrono::duration<double>(took).count();
    const double speed = seconds > 0 ? static_cast<double>(run().received()) / seconds : 0;
    print({{"event", "summary"},
           {"files", run().begun()},
           {"saved", run().saved()},
           {"kept", run().kept()},
           {"failed", run().failures()},
           {"retries", run().retries()},
           {"received", run().received()},
           {"milliseconds", milliseconds(took)},
           {"bytes_per_second", static_cast<std::int64_t>(speed)}});
}
