// bench-latency-server: replies to GET /MILLISECONDS/SIZE/... with SIZE bytes, so long after the request. It
// listens at a port of 127.0.0.1 of the system's choice, prints that port, and serves until it is killed.
#include <tandem/coro/sleep.hpp>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/tcp_listener.hpp>
#include <tandem/run.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

using tandem::task;

namespace {

/// How many clients may wait to be accepted; the kernel turns others away for a second.
constexpr int backlog = 4096;

/// What a request asks for.
struct order {
    std::chrono::milliseconds delay{0};
    std::uint64_t size = 0;
};

order read_order(std::string_view request) {
    order wanted;
    std::int64_t delay = 0;
    const char* const end = request.data() + request.size();
    const auto first = request.find('/');
    if (first == request.npos) return wanted;
    const auto behind = std::from_chars(request.data() + first + 1, end, delay).ptr;
    if (behind < end && *behind == '/') std::from_chars(behind + 1, end, wanted.size);
    wanted.delay = std::chrono::milliseconds(delay);
    return wanted;
}

const std::string& content() {
    static const std::string bytes = [] {
        std::string made(256 * 1024, '\0');
        std::uint32_t state = 1;
        for (char& byte : made)
            byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        return made;
    }();
    return bytes;
}

task<> reply(tandem::tcp_stream& client, std::uint64_t size) {
    std::string text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(size, 16 * 1024));
    text += content().substr(0, first);
    co_await client.write(text);
    for (std::uint64_t left = size - first; left > 0;) {
        const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, content().size()));
        co_await client.write(std::string_view(content()).substr(0, piece));
        left -= piece;
    }
}

task<> serve(tandem::tcp_stream client) {
    std::string request;
    char piece[1024];
    try {
        for (;;) {
            const auto count = co_await client.read_some(std::span<char>(piece));
            if (count == 0) co_return;
            request.append(piece, count);
            if (!request.ends_with("\r\n\r\n")) continue;
            const order wanted = read_order(request);
            request.clear();
            if (wanted.delay.count() > 0) co_await tandem::sleep(wanted.delay);
            co_await reply(client, wanted.size);
        }
    } catch (const std::system_error&) {
        // A client that went away is none of our business.
    }
}

task<int> async_main() {
    auto door = tandem::tcp_listener::listen(tandem::endpoint("127.0.0.1", 0),
                                             tandem::listen_options().backlog(backlog));
    std::cout << door.local().port() << std::endl;
    const auto body = [&](tandem::task_group& group) -> task<> {
        for (;;)
            group.spawn(serve(co_await door.accept()));
    };
    co_await tandem::with_group(body);
    co_return 0;
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
