#include <tandem/base/log.hpp>

#include <atomic>
#include <cstdio>

namespace tandem {
namespace {

void write_to_stderr(log_level level, std::string_view text) noexcept {
    if (level < log_level::warning) return;
    const char* name = level == log_level::error ? "error" : "warning";
    // One call a line: lines of several threads do not mix.
    std::fprintf(stderr, "tandem: %s: %.*s\n", name, static_cast<int>(text.size()), text.data());
}

std::atomic<log_sink> current_sink = &write_to_stderr;

} // namespace

void log(log_level level, std::string_view text) noexcept {
    current_sink.load()(level, text);
}

log_sink set_log_sink(log_sink sink) noexcept {
    return current_sink.exchange(sink ? sink : &write_to_stderr);
}

} // namespace tandem
