// A server of lines over TCP: a task for each connection, a limit on silence, and a look inside from outside.
//
//     echo 7007 &          then  tandem-ps PID
#include <chrono>
#include <iostream>
#include <tandem/runtime.hpp>

using namespace std::chrono_literals;
using tandem::task;

/// Sends each line back, until the peer has said all or nothing for a minute.
task<> serve(tandem::tcp_stream peer) {
    tandem::buffered_reader in(peer);
    while (auto line = co_await tandem::timeout(1min, in.read_line())) {
        *line += '\n';
        co_await peer.write(*line);
    }
}

/// One bad connection is no reason to end the others.
task<> serve_and_report(tandem::tcp_stream peer) {
    const std::string name = peer.remote().to_string();
    auto outcome = co_await tandem::as_result(serve(std::move(peer)));
    if (!outcome) std::cerr << name << ": " << tandem::describe(outcome.error()) << '\n';
}

task<> async_main(std::uint16_t port) {
    auto door = tandem::tcp_listener::listen(tandem::endpoint("127.0.0.1", port));
    std::cout << "listening at " << door.local().to_string() << std::endl;
    auto accept_all = [&](tandem::task_group& connections) -> task<> {
        for (;;) {
            tandem::tcp_stream peer = co_await door.accept();
            const std::string name = peer.remote().to_string();
            connections.spawn(serve_and_report(std::move(peer)), name);
        }
    };
    co_await tandem::with_group(accept_all);
}

int main(int argc, char** argv) {
    return tandem::run(argc, argv, tandem::run_options().observable(), async_main);
}
