// The programs of the design, run as they stand.
#include "examples/origin.hpp"

#include <csignal>
#include <filesystem>

#include <tandem/io/buffered_reader.hpp>
#include <tandem/io/tcp_stream.hpp>
#include <tandem/threads/block_on.hpp>

using Catch::Matchers::Contains;

TEST_CASE("hello prints what example.org says") {
    test::origin server({"--name", "example.org"});
    // hello.cpp itself; the program that the test runs differs in what the name example.org leads to.
    auto hello = test::run({test::program("hello-on-loopback")},
                           {.environment = {"TANDEM_TEST_PORT=" + server.https_port(),
                                            "SSL_CERT_FILE=" + server.authority_file()}});
    INFO(hello.errors);
    CHECK(hello.status == 0);
    CHECK(hello.output == "Hello from Tandem's example origin.\n");
}

TEST_CASE("hello does not talk to a server that is not example.org") {
    test::origin server({"--name", "example.net"});
    auto hello = test::run({test::program("hello-on-loopback")},
                           {.environment = {"TANDEM_TEST_PORT=" + server.https_port(),
                                            "SSL_CERT_FILE=" + server.authority_file()}});
    CHECK(hello.status != 0);
    CHECK(hello.output.empty());
    CHECK_THAT(hello.errors, Contains("https://example.org/"));
}

TEST_CASE("hybrid downloads and makes thumbnails, and one failure stops nobody else's work") {
    test::origin server;
    test::temp_folder folder;
    auto photo = [&](const std::string& path) { return server.http + path; };
    auto hybrid = test::run({test::program("hybrid"), photo("/photo-000.jpg"), photo("/missing.jpg"),
                             photo("/SHA256SUMS"), photo("/photo-001.jpg")},
                            {.folder = folder.path().string()});
    CHECK(hybrid.status == 1);
    CHECK_THAT(hybrid.errors, Contains(photo("/missing.jpg") + ": ") && Contains("404"));
    CHECK_THAT(hybrid.errors, Contains("SHA256SUMS: neither a JPEG nor a PNG image"));
    CHECK(test::files_below(folder.path()) ==
          std::vector<std::string>{"images/SHA256SUMS", "images/photo-000.jpg",
                                   "images/photo-000_thumbnail.jpg", "images/photo-001.jpg",
                                   "images/photo-001_thumbnail.jpg"});
}

TEST_CASE("hybrid exits with 0 when all went well") {
    test::origin server;
    test::temp_folder folder;
    auto hybrid = test::run({test::program("hybrid"), server.http + "/photo-003.jpg"},
                            {.folder = folder.path().string()});
    INFO(hybrid.errors);
    CHECK(hybrid.status == 0);
    CHECK(test::files_below(folder.path()).size() == 2);
}

TEST_CASE("hybrid takes a bad URL for wrong usage") {
    test::temp_folder folder;
    auto hybrid = test::run({test::program("hybrid"), "not a url"}, {.folder = folder.path().string()});
    CHECK(hybrid.status == 2);
    CHECK_THAT(hybrid.errors, Contains("not a url"));
    CHECK(test::files_below(folder.path()).empty());
}

TEST_CASE("structured shows groups, gather, race, timeout and errors as values") {
    auto structured = test::run({test::program("structured")});
    CHECK(structured.status == 0);
    CHECK(structured.output == "hello, Ada\nhello, Edsger\nhello, Tony\n"
                               "everybody has been greeted\n"
                               "1 and 2\n"
                               "from the mirror that is near\n"
                               "timed out\n"
                               "failed: no luck\n"
                               "failed: no luck\n");
}

#ifndef __SANITIZE_ADDRESS__
// UndefinedBehaviorSanitizer looks at an exception's type through a pipe, which a restricted job cannot make.
TEST_CASE("workers start with what was preloaded, keep to their limits, and are heard") {
    auto workers = test::run({test::program("workers")});
    INFO(workers.errors);
    CHECK(workers.status == 0);
    CHECK(workers.output == "info, job 1: counting to 1000 of 1000000\n"
                            "168 primes below 1000\n"
                            "info, job 2: counting to 1000000 of 1000000\n"
                            "78498 primes below a million\n"
                            "Operation not permitted\n"
                            "died by signal 24\n"
                            "info, job 5: counting to 100 of 1000000\n"
                            "25 primes below 100\n");
}
#endif

TEST_CASE("shared has workers count, fill an array, send results and lock, and outlives one that dies with the lock") {
    auto shared = test::run({test::program("shared")});
    INFO(shared.errors);
    CHECK(shared.status == 0);
    CHECK(shared.output == "9592 primes came through the queue, the largest is 99991\n"
                           "100000 numbers were tested; primes end in 1: 2387 3: 2402 7: 2411 9: 2390\n"
                           "a worker was killed while it had the lock, and the next owner knows\n");
}

TEST_CASE("executors runs the same function in a thread and in a process, as calls, jobs and maps") {
    auto executors = test::run({test::program("executors")});
    INFO(executors.errors);
    CHECK(executors.status == 0);
    CHECK(executors.output == "9592 primes, says a thread; 9592, says a process\n"
                              "the thread is in this process, the worker is not\n"
                              "5133 + 4459 = 9592\n"
                              "refused: no such range\n"
                              "168 primes below 1000\n"
                              "the 1000th prime is 7919\n");
}

TEST_CASE("echo serves several connections at a time, shows them to tandem-ps, and ends when interrupted") {
    test::temp_folder folder;
    const std::string sockets = "XDG_RUNTIME_DIR=" + folder.path().string();
    test::child_process echo({test::program("echo"), "0"}, {.environment = {sockets}});
    echo.wait_for_output("\n");
    const std::string& said = echo.output();
    const std::string number = said.substr(said.rfind(':') + 1);
    const auto port = static_cast<std::uint16_t>(std::stoi(number));

    std::string answer, tasks;
    auto talk = [&]() -> tandem::task<> {
        auto idle = co_await tandem::tcp_stream::connect(tandem::endpoint("127.0.0.1", port));
        auto busy = co_await tandem::tcp_stream::connect(tandem::endpoint("127.0.0.1", port));
        co_await busy.write("one\ntwo\n");
        tandem::buffered_reader in(busy);
        for (int i = 0; i < 2; ++i) {
            auto line = co_await in.read_line();
            answer += line.value_or("nothing") + ' ';
        }
        tasks =
            test::run({test::program("tandem-ps"), std::to_string(echo.pid())}, {.environment = {sockets}})
                .output;
    };
    tandem::block_on(talk());
    CHECK(answer == "one two ");
    CHECK_THAT(tasks, Contains("3 tasks") && Contains("echo.cpp:") && Contains("[time left: "));
    echo.signal(SIGINT);
    CHECK(echo.wait() == 130);
}
