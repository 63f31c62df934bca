// The queue of those that wait on one primitive.
#pragma once
#include <cassert>
#include <utility>

#include <tandem/coro/waiter.hpp>

namespace tandem::detail {

/// A waiter that stands in one queue, that of `Tag`; one that is cancelled simply leaves it.
template <class Tag> class queued_waiter : public waiter, public list_hook<Tag> {
  protected:
    queued_waiter() noexcept = default;
    queued_waiter(queued_waiter&& other) noexcept
        : waiter(std::move(other)) {}
    ~queued_waiter() = default;

    bool withdraw() noexcept override {
        list_hook<Tag>::unlink();
        return true;
    }
};

/// First come, first served. It is a mistake to end a primitive that somebody waits on: a debug build stops
/// there.
template <class Waiter, class Tag> class wait_queue : public intrusive_list<Waiter, Tag> {
  public:
    ~wait_queue() { assert(this->empty() && "a primitive outlives the tasks that wait on it"); }
};

} // namespace tandem::detail
