// What an event_parser makes of bytes.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <event_parser.hpp>

namespace test {

struct events_outcome {
    /// Each as "type|data|id", with the time to wait behind it in milliseconds where the server has said one.
    std::vector<std::string> events;
    std::string last_id;
    bool is_too_large = false;

    bool operator==(const events_outcome&) const = default;
};

inline std::string spelled(const tandem::http::server_event& event) {
    auto text = event.event + "|" + event.data + "|" + event.id;
    if (event.retry)
        text +=
            "|" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*event.retry).count());
    return text;
}

/// The events of a connection that sends `bytes` in pieces of `piece`.
inline events_outcome events_in(std::string_view bytes, std::size_t piece = 1'000'000,
                                std::size_t most = 10'000) {
    events_outcome all;
    tandem::http::detail::event_parser parser(most);
    while (!bytes.empty() && !parser.is_too_large()) {
        auto now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        while (auto event = parser.next(now))
            all.events.push_back(spelled(*event));
    }
    all.last_id = parser.last_id();
    all.is_too_large = parser.is_too_large();
    return all;
}

/// Streams of every kind that the parser tells apart.
inline const std::vector<std::string>& event_samples() {
    static const std::vector<std::string> all = {
        "data: YHOO\ndata: +2\ndata: 10\n\n",
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        "data\n\ndata\ndata\n\ndata:",
        "data:test\n\ndata: test\n\n",
        "\xef\xbb\xbf"
        "event: add\rdata: 73857293\r\rid: 7\r\ndata: x\r\n\r\n",
        "\xef\xbb\xbf\xef\xbb\xbf"
        "data: not a field\n\ndata: a field\n\n",
        "retry: 1500\ndata: x\n\nretry: 15x\nretry\nretry: 99999999999999999999\ndata: y\n\n",
        std::string("id: a\0b\ndata: x\n\nid: c\n\ndata: \0y\n\n", 34),
        "data: \xff\xe4\xb8\xad\xe4\xb8 \xf0\x90\x80\xed\xa0\x80\xc3\n\n",
        "event: gone\n\ndata: a\n\nfoo: bar\n:data: x\nDATA: y\n data: z\n\n",
        "data: " + std::string(20'000, 'x') + "\n\n",
        "data: cut\ndata: off",
    };
    return all;
}

} // namespace test
