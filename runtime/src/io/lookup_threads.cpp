#include "io/lookup_threads.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <netdb.h>
#include <pthread.h>
#include <signal.h>

#include <tandem/io/resolver.hpp>

#include "io/socket_address.hpp"

namespace tandem::detail {

namespace {

constexpr std::size_t thread_limit = 64;
constexpr std::size_t written_off_limit = 64;
/// So many threads stay for later names; more end when there has been nothing to do for a while.
constexpr std::size_t threads_to_keep = 8;
constexpr std::chrono::seconds idle_limit(10);
/// getaddrinfo and the modules behind it (NSS) need more than the least, and far less than the default 8 MiB.
constexpr std::size_t stack_bytes = 256 * 1024;

int ask(const std::string& host, int flags, lookup_outcome& outcome) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    int code = getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (code == EAI_SYSTEM) outcome.error = std::error_code(errno, std::generic_category());
    if (code != 0) return code;
    for (const addrinfo* entry = list; entry; entry = entry->ai_next)
        if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
            outcome.found.push_back(to_endpoint(entry->ai_addr));
    freeaddrinfo(list);
    return outcome.found.empty() ? EAI_NODATA : 0;
}

lookup_outcome look_up(const std::string& host) {
    lookup_outcome outcome;
    // AI_ADDRCONFIG spares a machine without IPv6 the AAAA query, but does not count loopback addresses: a
    // name from /etc/hosts that leads there is found by the second attempt.
    int code = ask(host, AI_ADDRCONFIG, outcome);
    if (code == EAI_ADDRFAMILY || code == EAI_NODATA) code = ask(host, 0, outcome);
    if (code != 0 && code != EAI_SYSTEM) outcome.error = std::error_code(code, resolver_category());
    return outcome;
}

} // namespace

struct lookup_threads::lookup {
    std::string host;
    std::vector<std::shared_ptr<request>> interested;
    bool running = false;
    bool written_off = false;
};

lookup_threads::lookup_threads()
    : figures_([this](metric_list& into) {
        const std::lock_guard lock(mutex_);
        into.counter("tandem_resolver_lookups_total", "Names asked of the system.",
                     static_cast<double>(lookups_));
        into.gauge("tandem_resolver_lookups_in_flight", "Names that are queued or asked for now.",
                   static_cast<double>(by_name_.size()));
    }) {}

lookup_threads& lookup_threads::instance() {
    static lookup_threads& threads = *new lookup_threads;
    return threads;
}

std::shared_ptr<lookup_threads::request> lookup_threads::start(const std::string& host, callback done) {
    auto interest = std::make_shared<request>();
    interest->done = std::move(done);
    std::lock_guard lock(mutex_);
    auto& known = by_name_[host];
    if (known) {
        interest->work = known;
        known->interested.push_back(interest);
        return interest;
    }
    known = std::make_shared<lookup>();
    known->host = host;
    known->interested.push_back(interest);
    interest->work = known;
    queue_.push_back(known);
    ++lookups_;
    try {
        want_thread();
    } catch (...) {
        if (threads_ == 0) {
            queue_.pop_back();
            by_name_.erase(host);
            throw;
        }
    }
    return interest;
}

void lookup_threads::abandon(const std::shared_ptr<request>& interest) {
    std::lock_guard lock(mutex_);
    auto& work = *interest->work;
    std::erase(work.interested, interest);
    if (!work.interested.empty() || work.written_off) return;
    auto known = by_name_.find(work.host);
    bool current = known != by_name_.end() && known->second == interest->work;
    if (!current) return;
    by_name_.erase(known);
    if (!work.running) {
        std::erase(queue_, interest->work);
        return;
    }
    if (written_off_ >= written_off_limit) return;
    work.written_off = true;
    ++written_off_;
    --threads_;
    if (queue_.empty()) return;
    try {
        want_thread();
    } catch (const std::system_error&) {
        // The names in the queue wait for the threads there are.
    }
}

/// Makes sure that somebody looks at the queue. Called with the lock held.
void lookup_threads::want_thread() {
    if (idle_ >= queue_.size() || threads_ >= thread_limit) {
        work_arrived_.notify_one();
        return;
    }
    start_thread();
}

/// Throws std::system_error.
void lookup_threads::start_thread() {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // A signal's handler must run on a thread that the application knows.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto run = [](void* self) -> void* {
        static_cast<lookup_threads*>(self)->serve();
        return nullptr;
    };
    pthread_t started;
    const int error = pthread_create(&started, &attributes, run, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_attr_destroy(&attributes);
    if (error) throw std::system_error(error, std::generic_category(), "starting a thread for name lookups");
    ++threads_;
}

/// Returns false where a thread more than are kept has waited in vain.
bool lookup_threads::wait_for_work(std::unique_lock<std::mutex>& lock) {
    ++idle_;
    const auto has_work = [this] { return !queue_.empty(); };
    bool goes_on = true;
    while (goes_on && !work_arrived_.wait_for(lock, idle_limit, has_work))
        goes_on = threads_ <= threads_to_keep;
    --idle_;
    return goes_on;
}

void lookup_threads::serve() {
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock)) {
        auto work = std::move(queue_.front());
        queue_.pop_front();
        work->running = true;
        lock.unlock();
        auto outcome = look_up(work->host);
        lock.lock();
        auto interested = finish(work);
        bool surplus = false;
        if (work->written_off) {
            --written_off_;
            surplus = threads_ >= thread_limit;
            if (!surplus) ++threads_;
        }
        lock.unlock();
        for (const auto& interest : interested)
            interest->done(outcome);
        interested.clear();
        if (surplus) return;
        lock.lock();
    }
    --threads_;
}

lookup_threads::numbers lookup_threads::statistics() {
    const std::lock_guard lock(mutex_);
    numbers now{};
    now.under_way = threads_ - idle_;
    now.queued = queue_.size();
    now.left = written_off_;
    now.threads = threads_ + written_off_;
    return now;
}

/// Closes `work` to late comers and returns those who wait for it. Called with the lock held.
std::vector<std::shared_ptr<lookup_threads::request>>
lookup_threads::finish(const std::shared_ptr<lookup>& work) {
    auto known = by_name_.find(work->host);
    if (known != by_name_.end() && known->second == work) by_name_.erase(known);
    return std::exchange(work->interested, {});
}

} // namespace tandem::detail
