// Values from tasks to tasks, in order.
#pragma once
#include <tandem/sync/basic_channel.hpp>
#include <tandem/sync/ring.hpp>

namespace tandem {

/// A bounded first-in, first-out queue between any number of senders and receivers: back-pressure comes with
/// it. With a capacity of 0 sender and receiver meet.
///
///     channel<int> numbers(16);
///     co_await numbers.send(1);                            // waits for room
///     while (auto number = co_await numbers.receive()) …   // ends when it is closed and drained
///
/// Fair on both sides: those that wait are served in the order in which they came. Each value that was sent
/// is received once, whatever is cancelled meanwhile: a receiver that has been given a value returns it even
/// if it is being cancelled, and a send that throws has delivered nothing. `T` needs only to move without
/// throwing. Waiting allocates nothing. Must outlive those that wait on it; belongs to its loop's thread.
///
/// Its model is the CSP channel (Hoare, 1978), with the closing rules of Trio's memory channels; unlike Go's,
/// a closed one never hands out values nobody sent.
template <class T> class channel final : public detail::basic_channel<T, detail::ring<T>> {
  public:
    using detail::basic_channel<T, detail::ring<T>>::basic_channel;
};

} // namespace tandem
