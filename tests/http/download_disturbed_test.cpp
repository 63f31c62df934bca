// Downloads while signals break into their system calls, and while the clock on the wall is set.
#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>
#include <thread>

#include <pthread.h>

#include <tandem/http/client.hpp>
#include <tandem/http/download.hpp>

#include "http/file_server.hpp"
#include "http/in_loop.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

using namespace std::chrono_literals;
using namespace tandem::http;
using tandem::task;
using test::content;
using test::files_below;
using test::in_loop;
using test::read_file;
using test::scripted_server;
using test::served_file;
using test::serving;
using names = std::vector<std::string>;

namespace {

std::atomic<int> interruptions{0};

/// Signals this thread as fast as they come, so that its system calls end with EINTR or half done.
class storm_of_signals {
  public:
    storm_of_signals() {
        struct sigaction wanted {};
        wanted.sa_handler = [](int) { ++interruptions; };
        ::sigaction(SIGUSR2, &wanted, &before_); // without SA_RESTART
        source_ = std::thread([this, target = ::pthread_self()] {
            while (!is_over_) {
                ::pthread_kill(target, SIGUSR2);
                std::this_thread::sleep_for(20us);
            }
        });
    }
    ~storm_of_signals() {
        is_over_ = true;
        source_.join();
        ::sigaction(SIGUSR2, &before_, nullptr);
    }
    storm_of_signals(const storm_of_signals&) = delete;
    storm_of_signals& operator=(const storm_of_signals&) = delete;

  private:
    struct sigaction before_ {};
    std::atomic<bool> is_over_{false};
    std::thread source_;
};

} // namespace

TEST_CASE("a download under a storm of signals brings the file") {
    test::temp_folder folder;
    const served_file file{content(2'500'000)};
    const std::vector<std::optional<std::size_t>> cuts(2, 1'200'000);
    const auto how = download_options()
                         .folder(folder.path().string())
                         .existing(if_exists::replace)
                         .durable()
                         .segments(GENERATE(1, 3))
                         .retry(tandem::http::retry_policy().pause(1ms).no_budget());
    interruptions = 0;
    const storm_of_signals storm;
    while (interruptions < 500) {
        scripted_server server(serving(file, cuts));
        in_loop([&]() -> task<> {
            client web;
            const auto made = co_await download(web.get(server.url("/x")), how);
            CHECK(made.bytes == file.body.size());
        });
        REQUIRE((read_file(folder / "x") == file.body));
        REQUIRE(files_below(folder.path()) == names{"x"});
    }
}

TEST_CASE("a clock on the wall that is set back and forth is nothing to a download") {
    test::temp_folder folder;
    served_file file{content(3'000'000)};
    file.etag.clear();
    file.last_modified = "Thu, 01 Jan 2026 10:00:00 GMT"; // by the server's date, this is strong
    scripted_server server(serving(file, {1'200'000, 1'000'000}));
    const auto run =
        test::run({test::program("resuming-download"), server.url("/x"), folder.path().string(), "1"},
                  {.environment = {"LD_PRELOAD=" + test::program("test-jumping-clock.so"),
                                   "ASAN_OPTIONS=verify_asan_link_order=0"}});
    INFO(run.errors);
    CHECK(run.status == 0);
    CHECK((read_file(folder / "x") == file.body));
    CHECK(server.requests().size() == 3);
    CHECK(test::field_of(server.requests().at(2), "Range") == "bytes=2200000-");
}
