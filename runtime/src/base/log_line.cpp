// Records of the log as lines of text and of JSON.
#include <cstdio>
#include <ctime>
#include <unistd.h>

#include "base/utf8.hpp"
#include <tandem/base/log.hpp>

namespace tandem {
namespace {

struct calendar_time {
    std::tm date{};
    long microseconds = 0;
};

template <class Split> calendar_time split(std::chrono::system_clock::time_point when, Split split_seconds) {
    using namespace std::chrono;
    const auto whole = floor<seconds>(when);
    const std::time_t seconds_since = system_clock::to_time_t(whole);
    calendar_time parts;
    split_seconds(&seconds_since, &parts.date);
    parts.microseconds = static_cast<long>(duration_cast<microseconds>(when - whole).count());
    return parts;
}

std::string formatted(const calendar_time& time, const char* format, long fraction) {
    char text[96];
    const int length =
        std::snprintf(text, sizeof text, format, time.date.tm_year + 1900, time.date.tm_mon + 1,
                      time.date.tm_mday, time.date.tm_hour, time.date.tm_min, time.date.tm_sec, fraction);
    return std::string(text, static_cast<std::size_t>(length));
}

/// Calls `take(character, is_valid)` for each character of `text`; what is not UTF-8 comes byte by byte.
template <class Take> void for_each_character(std::string_view text, Take take) {
    while (!text.empty()) {
        const std::size_t length = detail::utf8_length(text);
        take(text.substr(0, length ? length : 1), length > 0);
        text.remove_prefix(length ? length : 1);
    }
}

void append_escaped(std::string& line, const char* format, std::string_view character) {
    char text[16];
    for (const char byte : character) {
        std::snprintf(text, sizeof text, format, static_cast<unsigned>(static_cast<unsigned char>(byte)));
        line += text;
    }
}

/// U+0000 to U+001F and U+007F to U+009F: some terminals obey the latter as well.
bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_readable(std::string& line, std::string_view text, const char* line_end) {
    for_each_character(text, [&](std::string_view character, bool is_valid) {
        if (!is_valid)
            append_escaped(line, "\\x%02x", character);
        else if (character == "\n")
            line += line_end;
        else if (character != "\t" && is_control(character))
            append_escaped(line, "\\x%02x", character);
        else
            line += character;
    });
}

void append_json(std::string& line, std::string_view text) {
    line += '"';
    for_each_character(text, [&](std::string_view character, bool is_valid) {
        if (!is_valid)
            line += detail::replacement_character;
        else if (character == "\"" || character == "\\")
            (line += '\\') += character;
        else if (character == "\n")
            line += "\\n";
        else if (character == "\t")
            line += "\\t";
        else if (character.size() == 1 && is_control(character))
            append_escaped(line, "\\u%04x", character);
        else
            line += character;
    });
    line += '"';
}

void append_json_member(std::string& line, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    ((line += ",\"") += name) += "\":";
    append_json(line, value);
}

} // namespace

std::string to_text_line(const log_record& record) {
    const calendar_time time = split(record.time(), &::localtime_r);
    std::string line = formatted(time, "%04d-%02d-%02d %02d:%02d:%02d.%03ld ", time.microseconds / 1000);
    line += name_of(record.level());
    std::string from;
    const auto add = [&](const char* what, std::string_view who) {
        if (who.empty()) return;
        ((from += from.empty() ? " [" : ", ") += what) += ' ';
        append_readable(from, who, "\\x0a");
    };
    add("task", record.task());
    add("job", record.job());
    if (record.worker()) add("worker", std::to_string(record.worker()));
    line += from.empty() ? ": " : from + "] ";
    append_readable(line, record.text(), "\n    ");
    line += '\n';
    return line;
}

std::string to_json_line(const log_record& record) {
    const calendar_time time = split(record.time(), &::gmtime_r);
    std::string line =
        formatted(time, "{\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\"", time.microseconds);
    append_json_member(line, "level", name_of(record.level()));
    append_json_member(line, "task", record.task());
    append_json_member(line, "job", record.job());
    if (record.worker()) line += ",\"worker\":" + std::to_string(record.worker());
    line += ",\"pid\":" + std::to_string(::getpid());
    line += ",\"text\":";
    append_json(line, record.text());
    line += "}\n";
    return line;
}

} // namespace tandem
