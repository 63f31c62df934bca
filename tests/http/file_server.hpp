// A server of one file, which changes, breaks off and lies as a test wants.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/request_fields.hpp"
#include "support/scripted_server.hpp"

namespace test {

/// What of a file a server shows. It answers `Range: bytes=N-` and `bytes=N-M` with
/// If-Range as RFC 9110 has it.
struct served_file {
    std::string body;
    std::string etag = "\"one\"";
    std::string last_modified{};
    /// Of all replies; with a date much later than `last_modified` that is a strong validator, too.
    std::string date = "Fri, 02 Jan 2026 10:00:00 GMT";

    // What a bad server does.
    bool ignores_ranges = false;
    bool ignores_if_range = false;
    /// Further fields of each reply, with their line ends.
    std::string more{};
};

inline std::string fields_of(const served_file& file) {
    std::string text = file.more;
    if (!file.date.empty()) text += "Date: " + file.date + "\r\n";
    if (!file.etag.empty()) text += "ETag: " + file.etag + "\r\n";
    if (!file.last_modified.empty()) text += "Last-Modified: " + file.last_modified + "\r\n";
    return text;
}

/// What a Range field asks for of so many bytes.
struct asked_range {
    std::size_t first;
    std::size_t last;
};
inline asked_range range_in(const std::string& field, std::size_t size) {
    const auto dash = field.find('-');
    const auto last = field.substr(dash + 1);
    return {std::stoull(field.substr(std::string_view("bytes=").size())),
            last.empty() ? size - 1 : std::min<std::size_t>(std::stoull(last), size - 1)};
}

/// What a good server would answer, but for what the file says of it.
inline std::string answer_to(const std::string& request, const served_file& file) {
    const auto range = field_of(request, "Range");
    const auto condition = field_of(request, "If-Range");
    const bool is_same = file.ignores_if_range || condition.empty() || condition == file.etag ||
                         condition == file.last_modified;
    if (range.empty() || file.ignores_ranges || !is_same) return reply(file.body, fields_of(file));
    const auto wanted = range_in(range, file.body.size());
    const auto size = std::to_string(file.body.size());
    if (wanted.first >= file.body.size())
        return reply("", fields_of(file) + "Content-Range: bytes */" + size + "\r\n",
                     "416 Range Not Satisfiable");
    return reply(std::string_view(file.body).substr(wanted.first, wanted.last - wanted.first + 1),
                 fields_of(file) + "Content-Range: bytes " + std::to_string(wanted.first) + "-" +
                     std::to_string(wanted.last) + "/" + size + "\r\n",
                 "206 Partial Content");
}

/// Serves what `file(n)` says for the nth request, from 0 on, and breaks the connection off behind the first
/// `cuts.at(n)` bytes of its body where there is such a number.
inline scripted_server::script serving(std::function<served_file(int number)> file,
                                       std::vector<std::optional<std::size_t>> cuts = {}) {
    auto access = std::make_shared<std::mutex>();
    auto count = std::make_shared<int>(0);
    return [=](conversation& talk) {
        while (const auto request = talk.request()) {
            std::string answer;
            std::optional<std::size_t> cut;
            {
                std::lock_guard lock(*access);
                const int number = (*count)++;
                answer = answer_to(*request, file(number));
                if (static_cast<std::size_t>(number) < cuts.size())
                    cut = cuts[static_cast<std::size_t>(number)];
            }
            if (!cut) {
                talk.send(answer);
                continue;
            }
            talk.send(std::string_view(answer).substr(0, answer.find("\r\n\r\n") + 4 + *cut));
            return talk.finish();
        }
    };
}
inline scripted_server::script serving(served_file file, std::vector<std::optional<std::size_t>> cuts = {}) {
    return serving([file = std::move(file)](int) { return file; }, std::move(cuts));
}

/// Bytes of which no two stretches are alike, and none that another `seed` makes.
inline std::string content(std::size_t size, unsigned seed = 1) {
    std::string bytes(size, '\0');
    std::uint32_t state = seed * 2654435761u + 1;
    for (char& each : bytes) {
        state = state * 1664525u + 1013904223u;
        each = static_cast<char>(state >> 24);
    }
    return bytes;
}

} // namespace test
