// A flag that tasks wait for.
#pragma once
#include <cstddef>

#include <tandem/coro/waiter.hpp>

namespace tandem {

struct event_statistics {
    bool is_set;
    std::size_t tasks_waiting; ///< tasks in `wait`
};

/// Something that happens once, and stays so until cleared. Setting it wakes all that wait, in the order in
/// which they came. Belongs to its loop's thread.
class TANDEM_API event {
  public:
    class [[nodiscard]] wait_operation;

    event() noexcept = default;

    bool is_set() const noexcept { return set_; }
    /// Wakes every waiter; later ones do not wait.
    void set() noexcept;
    /// Lets later waiters wait again. Those that were woken stay so.
    void clear() noexcept { set_ = false; }
    /// `co_await event.wait()`: returns at once if the event is set. Cancellation ends the wait.
    wait_operation wait() noexcept;

    event_statistics statistics() const noexcept { return {set_, waiters_.size()}; }

  private:
    struct queue_tag;
    detail::intrusive_list<wait_operation, queue_tag> waiters_;
    bool set_ = false;
};

class event::wait_operation final : public detail::waiting_operation<wait_operation>,
                                    public detail::list_hook<queue_tag> {
  public:
    explicit wait_operation(event& awaited) noexcept
        : awaited_(awaited) {}
    wait_operation(wait_operation&& other) noexcept
        : waiting_operation(std::move(other))
        , awaited_(other.awaited_) {}
    void await_resume() const { throw_if_cancelled(); }

  private:
    friend waiting_operation;
    bool try_now() const noexcept { return awaited_.set_; }
    void enqueue() noexcept { awaited_.waiters_.push_back(*this); }
    bool withdraw() noexcept override {
        list_hook<queue_tag>::unlink();
        return true;
    }

    event& awaited_;
};

inline event::wait_operation event::wait() noexcept {
    return wait_operation(*this);
}

inline void event::set() noexcept {
    set_ = true;
    while (!waiters_.empty())
        waiters_.pop_front().commit();
}

} // namespace tandem
