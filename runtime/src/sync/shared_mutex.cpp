#include <tandem/sync/shared_mutex.hpp>

namespace tandem {

bool shared_mutex::take(access kind) noexcept {
    if (!queue_.empty() || !has_room(kind)) return false;
    enter(kind);
    return true;
}

void shared_mutex::enter(access kind) noexcept {
    if (kind == access::exclusive)
        writing_ = true;
    else
        ++readers_;
}

void shared_mutex::leave(access kind) noexcept {
    if (kind == access::exclusive)
        writing_ = false;
    else
        --readers_;
    admit();
}

void shared_mutex::admit() noexcept {
    while (!queue_.empty() && has_room(queue_.front().kind_)) {
        contender& next = queue_.pop_front();
        enter(next.kind_);
        next.commit();
    }
}

shared_mutex_statistics shared_mutex::statistics() const noexcept {
    shared_mutex_statistics now{writing_, readers_, 0, 0};
    queue_.for_each([&](const contender& one) {
        ++(one.kind_ == access::exclusive ? now.writers_waiting : now.readers_waiting);
    });
    return now;
}

bool shared_mutex::contender::withdraw() noexcept {
    queued_waiter::withdraw();
    wanted_.admit(); // a writer at the front may have been all that held readers back
    return true;
}

} // namespace tandem
