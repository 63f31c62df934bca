// tandem-origin: serves generated photos to this machine, for the demo and the tests.
#include "common/command_line.hpp"
#include "origin/server.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fstream>
#include <iostream>
#include <tandem/coro/task_group.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/run.hpp>
#include <unistd.h>

using tandem::task;

namespace {

struct options {
    int files = 96;
    int corrupt = -1;
    int latency = 0;
    unsigned short port = 0;
    std::string authority_file;
    std::vector<std::string> names = {"localhost"};
    bool until_input_ends = false;
};

/// Returns when whoever holds the other end of standard input has closed it, or died.
task<> input_end() {
    boost::asio::posix::stream_descriptor input(tandem::asio_context(), ::dup(STDIN_FILENO));
    char ignored[64];
    for (bool open = true; open;) {
        auto [error, size] = co_await input.async_read_some(boost::asio::buffer(ignored), tandem::use_ec);
        open = !error;
    }
}

task<> serve(const options& chosen) {
    site content(chosen.files, chosen.corrupt);
    origin_server server(content, std::chrono::milliseconds(chosen.latency));
    std::cout << "http://127.0.0.1:" << server.listen(chosen.port) << '\n';
    if (!chosen.authority_file.empty()) {
        auto who = make_identity(chosen.names);
        std::ofstream(chosen.authority_file) << who.authority;
        std::cout << "https://" << chosen.names[0] << ':' << server.listen_tls(0, who) << '\n';
    }
    std::cout << "ready" << std::endl;
    co_await server.serve();
}

task<int> async_main(std::vector<std::string> arguments) {
    options chosen;
    CLI::App app(
        "Serves generated photos on 127.0.0.1 until SIGINT or SIGTERM; prints its URLs, then \"ready\".",
        "tandem-origin");
    app.add_option("--files", chosen.files, "how many photos")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--latency", chosen.latency, "milliseconds to wait before each photo")
        ->check(CLI::Range(0, 60'000))
        ->capture_default_str();
    app.add_option("--port", chosen.port, "port for HTTP; 0 takes a free one")->capture_default_str();
    app.add_option("--tls", chosen.authority_file,
                   "serve HTTPS too, and write the certificate of the authority to trust to this file");
    app.add_option("--name", chosen.names, "host names for the server's certificate")->capture_default_str();
    app.add_option("--corrupt", chosen.corrupt, "change a byte of this photo after its digest was taken");
    app.add_flag("--until-input-ends", chosen.until_input_ends, "exit when standard input is closed");
    if (auto status = parse_command_line(app, std::move(arguments))) co_return *status;

    co_await tandem::with_group([&](tandem::task_group& group) -> task<> {
        group.spawn(serve(chosen));
        if (chosen.until_input_ends) {
            co_await input_end();
            group.cancel();
        }
    });
    co_return 0;
}

} // namespace

int main(int argc, char** argv) {
    return tandem::run(argc, argv, async_main);
}
