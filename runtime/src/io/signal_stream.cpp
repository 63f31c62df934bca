#include <tandem/io/signal_stream.hpp>

#include <string>

#include "io/signal_dispatcher.hpp"
#include "io/watched_descriptor.hpp"

namespace tandem {
namespace {

bool tells_of_an_error(int number) noexcept {
    return number == SIGSEGV || number == SIGBUS || number == SIGFPE || number == SIGILL || number == SIGABRT;
}

detail::signal_mask mask_of(std::initializer_list<int> numbers) {
    detail::signal_mask mask = 0;
    for (const int number : numbers) {
        if (number < 1 || number > 64 || (number >= 32 && number < SIGRTMIN))
            throw usage_error("signal_stream: " + std::to_string(number) + " is not the number of a signal");
        if (tells_of_an_error(number))
            throw usage_error("signal_stream: signal " + std::to_string(number) +
                              " tells of an error in the program itself, and cannot wait for a loop");
        mask |= detail::signal_bit(number);
    }
    return mask;
}

} // namespace

/// A task in `next` keeps it, so that the stream may go away under it.
struct signal_stream::state {
    explicit state(detail::signal_mask wanted)
        : event(detail::make_signal_event())
        , inbox(std::in_place, wanted, event.get()) {}

    static task<std::optional<int>> next(std::shared_ptr<state> self) {
        for (;;) {
            if (!self->inbox) co_return std::nullopt;
            if (const int number = self->inbox->take()) co_return number;
            const auto [error] = co_await self->event.until_readable();
            if (error && self->inbox)
                throw boost::system::system_error(error, "signal_stream: waiting for a signal");
        }
    }

    detail::watched_descriptor event;
    std::optional<detail::signal_inbox> inbox;
};

signal_stream::signal_stream(std::initializer_list<int> numbers)
    : state_(std::make_shared<state>(mask_of(numbers))) {}

task<std::optional<int>> signal_stream::next() {
    return state::next(state_);
}

void signal_stream::close() noexcept {
    if (!state_) return;
    state_->inbox.reset();
    state_->event.close();
}

} // namespace tandem
