#include "io/file_backend.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string_view>

#include <pthread.h>
#include <signal.h>

#include <tandem/base/log.hpp>
#include <tandem/io/asio.hpp>
#include <tandem/threads/thread_pool.hpp>

#include "io/file_counters.hpp"
#include "io/file_ring.hpp"

namespace tandem::detail {

namespace {

/// Enough for a disk to sort what it is asked; each is an operation that may hang with its disk.
constexpr std::size_t thread_limit = 8;

thread_pool* start_threads() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // A signal's handler must run on a thread that the application knows.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_pool* started = nullptr;
    try {
        started = new thread_pool(thread_limit);
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

/// One set for the process, never ended: at exit nobody waits for a disk.
thread_pool& file_threads() {
    static thread_pool& threads = *start_threads();
    return threads;
}

/// A loop's ring, from its first request to its end.
class ring_service final : public boost::asio::execution_context::service {
  public:
    inline static boost::asio::execution_context::id id;

    explicit ring_service(boost::asio::io_context& io)
        : service(io) {
        // Makes the service behind the ring's eventfd older than this one, and so alive in `shutdown`.
        const boost::asio::posix::stream_descriptor older(io);
        const char* given = std::getenv("TANDEM_FILE");
        const std::string_view choice = given ? given : "";
        if (choice == "threads") return;
        if (!choice.empty() && choice != "io_uring")
            log(log_level::warning, "TANDEM_FILE is neither 'io_uring' nor 'threads', and ignored");
        std::string why;
        ring_ = file_ring::make(io, why);
        if (!ring_) log(log_level::debug, "files are read and written by threads: " + why);
    }

    /// Null where threads do its work.
    file_ring* ring() noexcept { return ring_.get(); }

  private:
    void shutdown() noexcept override { ring_.reset(); }

    std::unique_ptr<file_ring> ring_;
};

/// Linux has ftruncate for the ring since 6.9; for fstat a thread does as well.
bool is_for_ring(file_call call) noexcept {
    return call != file_call::truncate && call != file_call::size;
}

} // namespace

task<std::int64_t> perform(const file_request& request) {
    file_ring* ring = boost::asio::use_service<ring_service>(own_asio_context()).ring();
    if (!is_for_ring(request.call)) ring = nullptr;
    const counted_in_flight counted;
    std::int64_t result = 0;
    do {
        count(ring ? file_counter.ring : file_counter.threads);
        if (ring)
            result = co_await ring_operation(*ring, request);
        else
            result = co_await file_threads().run(make_call, std::cref(request));
    } while (result == -EINTR);
    co_return result;
}

} // namespace tandem::detail
