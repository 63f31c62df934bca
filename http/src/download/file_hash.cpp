#include "file_hash.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stop_token>
#include <system_error>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <tandem/threads/thread_pool.hpp>

#include "checksum_name.hpp"
#include "hasher.hpp"

namespace tandem::http::detail {

namespace {

/// Read and hashed at once: small enough to stay in the processor's cache between the two.
constexpr std::size_t piece_size = 128 * 1024;

/// The same file by a descriptor of its own: a duplicate would share its locks, and keep them for as long as
/// a thread has to end its piece.
int open_again(int file) {
    const auto link = "/proc/self/fd/" + std::to_string(file);
    const int opened = ::open(link.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0) throw std::system_error(errno, std::generic_category(), link);
    return opened;
}

/// A signal's handler must run on a thread that the application knows.
thread_pool* start_threads() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_pool* started = nullptr;
    try {
        started = new thread_pool();
    } catch (...) {
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

/// One set for the process, a thread for each core; never ended: at exit nobody waits for a digest.
thread_pool& hashing_threads() {
    static thread_pool& threads = *start_threads();
    return threads;
}

} // namespace

/// Of the loop and of one thread in turn: which of them hashes is settled by the job.
class file_hash::reader {
  public:
    reader(int file, hash_algorithm algorithm)
        : hash_(openssl_name(algorithm))
        , file_(open_again(file)) {}
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { ::close(file_); }

    void let_go_to(std::uint64_t offset) noexcept { target_.store(offset, std::memory_order_relaxed); }
    /// What there is to hash; for whoever hashes.
    std::uint64_t left() const noexcept { return target_.load(std::memory_order_relaxed) - done_; }

    /// Hashes until there is nothing left, also of what is said to be there meanwhile.
    void run(const std::stop_token& stop) {
        const auto piece = std::make_unique_for_overwrite<char[]>(piece_size);
        while (!stop.stop_requested()) {
            const auto wanted = std::min<std::uint64_t>(left(), piece_size);
            if (wanted == 0) return;
            const auto count = ::pread(file_, piece.get(), wanted, static_cast<off_t>(done_));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw std::system_error(errno, std::generic_category());
            if (count == 0)
                throw std::system_error(std::make_error_code(std::errc::io_error),
                                        "it is shorter than what was written to it");
            hash_.add({piece.get(), static_cast<std::size_t>(count)});
            done_ += static_cast<std::uint64_t>(count);
        }
    }

    std::string hex() { return hash_.hex(); }

  private:
    hasher hash_;
    int file_;
    std::atomic<std::uint64_t> target_ = 0;
    std::uint64_t done_ = 0;
};

file_hash::file_hash(int file, hash_algorithm algorithm)
    : reader_(std::make_shared<reader>(file, algorithm)) {}

file_hash::~file_hash() = default;

void file_hash::reached(std::uint64_t offset) {
    reader_->let_go_to(offset);
    const bool is_free = !following_ || (following_->is_done() && !has_failed());
    if (is_free && reader_->left() >= least_for_thread) start_thread();
}

/// What went wrong is told by `finish`.
bool file_hash::has_failed() const noexcept {
    return following_ && following_->is_done() && following_->state() == job_state::failed;
}

void file_hash::start_thread() {
    constexpr auto hash = [](const std::stop_token& stop, const std::shared_ptr<reader>& what) {
        what->run(stop);
    };
    following_ = hashing_threads().submit(hash, reader_);
}

task<std::string> file_hash::finish(std::uint64_t size) {
    reader_->let_go_to(size);
    if (following_) co_await following_->wait();
    if (has_failed()) co_await *following_;
    // The scope in which it was begun may have been cancelled: then some of it is left.
    if (reader_->left() >= least_for_thread) {
        start_thread();
        co_await *following_;
    }
    reader_->run({});
    co_return reader_->hex();
}

} // namespace tandem::http::detail
