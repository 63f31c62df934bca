#include "download/request_log.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

using tandem::http::trace_event;
using tandem::http::trace_step;

namespace {

std::FILE* opened(const std::string& name) {
    if (name.empty()) return nullptr;
    if (name == "-") return stdout;
    if (name == "%") return stderr;
    auto* file = std::fopen(name.c_str(), "w");
    if (!file) throw std::system_error(errno, std::generic_category(), name);
    return file;
}

/// Each line of `header`, behind `mark`.
void show_lines(display& on, std::string_view header, const char* mark) {
    while (!header.empty()) {
        const auto line = header.substr(0, header.find('\n'));
        on.message(mark + std::string(line));
        header.remove_prefix(std::min(line.size() + 1, header.size()));
    }
    on.message(mark);
}

/// What is said of a step in words; empty for those that say nothing to a user.
std::string words_for(const trace_event& event) {
    const std::string subject(event.subject);
    const std::string trouble(event.trouble);
    const bool failed = !trouble.empty();
    switch (event.step) {
    case trace_step::reused:
        return "goes over a connection that stands already";
    case trace_step::dns_begin:
        return "looks up " + subject;
    case trace_step::dns_end:
        return failed ? "cannot look up " + subject + ": " + trouble : "";
    case trace_step::connect_begin:
        return "connects to " + subject;
    case trace_step::connect_end:
        return failed ? subject + ": " + trouble : "is connected to " + subject;
    case trace_step::proxy_begin:
        return "asks " + subject + " for a way";
    case trace_step::proxy_end:
        return failed ? subject + ": " + trouble : "";
    case trace_step::tls_begin:
        return "";
    case trace_step::tls_end:
        return failed ? "no TLS with " + subject + ": " + trouble : "speaks TLS with " + subject;
    case trace_step::redirect:
        return "is redirected to " + subject;
    case trace_step::retry:
        return "tries again: " + (failed ? trouble : std::to_string(event.status));
    case trace_step::failed:
        return trouble;
    default:
        return "";
    }
}

} // namespace

void request_log::closing::operator()(std::FILE* file) const noexcept {
    if (file != stdout && file != stderr) std::fclose(file);
}

request_log::request_log(const display_options& chosen, display& shown)
    : is_verbose_(chosen.verbose)
    , shown_(shown)
    , file_(opened(chosen.trace_file)) {}

void request_log::operator()(const trace_event& event) {
    if (is_verbose_) show(event);
    if (file_) write(event);
}

void request_log::show(const trace_event& event) {
    if (event.step == trace_step::request_sent) return show_lines(shown_, event.header, "> ");
    if (event.step == trace_step::first_byte) return show_lines(shown_, event.header, "< ");
    const auto words = words_for(event);
    if (!words.empty()) shown_.message("* " + words);
}

void request_log::write(const trace_event& event) {
    std::string line = std::to_string(event.request) + ' ';
    char time[32];
    std::snprintf(time, sizeof time, "%.6f s ", std::chrono::duration<double>(event.at).count());
    line += time;
    line += tandem::http::name_of(event.step);
    line += ' ';
    line += event.url;
    if (!event.subject.empty()) line += ' ' + std::string(event.subject);
    if (event.status != 0) line += " (" + std::to_string(event.status) + ")";
    if (!event.trouble.empty()) line += ": " + std::string(event.trouble);
    line += '\n';
    std::fputs(line.c_str(), file_.get()); // in one call, so that lines stay whole
    std::fflush(file_.get());
}
