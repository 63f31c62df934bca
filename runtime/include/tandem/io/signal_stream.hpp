// Signals of the operating system, as values that come one after the other.
#pragma once
#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

#include <tandem/coro/task.hpp>

namespace tandem {

/// The signals of some numbers that this process gets while the stream lives:
///
///     signal_stream hangups(SIGHUP, SIGUSR2);
///     while (auto number = co_await hangups.next()) reload(*number);
///
/// Several streams of one signal, in one loop or in several on different threads, each get it. Signals of one
/// number that come faster than they are taken count as one, as the kernel counts them; those of different
/// numbers are given with the lowest first. When the last stream of a number goes, the disposition from
/// before is back.
///
/// Inside `run`, SIGINT and SIGTERM cancel the root scope unless there is a stream of them: then the signal
/// goes to the streams alone, however often it comes, and to end is up to whoever reads them.
///
/// Move-only. Made on any thread; from its first `next` on it belongs to that loop's thread, and must go away
/// before the loop does.
class TANDEM_API signal_stream {
  public:
    /// Throws std::system_error for a number that cannot be caught (SIGKILL, SIGSTOP), and usage_error for
    /// one that is none, or that tells of an error in the program itself (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
    /// SIGABRT), which its thread has to handle at once.
    template <class... Numbers>
    explicit signal_stream(int number, Numbers... more)
        : signal_stream(std::initializer_list<int>{number, more...}) {}
    explicit signal_stream(std::initializer_list<int> numbers);
    signal_stream(signal_stream&& other) noexcept = default;
    signal_stream& operator=(signal_stream&& other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~signal_stream() { close(); }

    /// Waits for a signal and gives its number; empty after `close`. A signal that comes while its scope is
    /// cancelled stays for the next call.
    task<std::optional<int>> next();

    /// Ends the stream: what waits in `next`, and each later call, gets an empty answer at once, and the
    /// dispositions are as they were.
    void close() noexcept;

  private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace tandem
