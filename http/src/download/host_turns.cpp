#include "host_turns.hpp"

#include <algorithm>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/sleep.hpp>

namespace tandem::http::detail {

/// A task's stay in a host's queue.
class host_turns::place {
  public:
    place(host_turns& of, hosts::value_type& at)
        : of_(of)
        , at_(at) {
        at.second.queue.push_back(this);
        ++of.waiting_;
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    /// Cancelled before its turn, or before it could take it.
    ~place() {
        if (!is_taken_ && is_granted_) of_.leave(at_);
        if (is_granted_) return;
        std::erase(at_.second.queue, this);
        --of_.waiting_;
        of_.forget_if_idle(at_);
    }

    bool is_granted() const noexcept { return is_granted_; }
    void grant() noexcept {
        is_granted_ = true;
        --of_.waiting_;
        changed_.set();
    }
    /// Whether the host is closed has changed.
    void look_again() noexcept { changed_.set(); }
    void take() noexcept { is_taken_ = true; }
    event::wait_operation wait_for_change() noexcept {
        changed_.clear();
        return changed_.wait();
    }

  private:
    host_turns& of_;
    hosts::value_type& at_;
    event changed_;
    bool is_granted_ = false;
    bool is_taken_ = false;
};

host_turns::hosts::value_type& host_turns::host_of(std::string_view origin) {
    if (const auto known = hosts_.find(origin); known != hosts_.end()) return *known;
    return *hosts_.try_emplace(std::string(origin), most_).first;
}

std::optional<host_turns::turn> host_turns::try_take(std::string_view origin) {
    auto& at = host_of(origin);
    host& here = at.second;
    if (!here.queue.empty() || !has_room(here)) return std::nullopt;
    ++here.running;
    return turn(*this, at, ++taken_);
}

task<host_turns::turn> host_turns::take(std::string_view origin) {
    if (auto free = try_take(origin)) co_return std::move(*free);
    auto& at = host_of(origin);
    host& here = at.second;
    place mine(*this, at);
    while (!mine.is_granted()) {
        if (is_closed(here))
            co_await sleep_until(here.closed_until);
        else
            co_await mine.wait_for_change();
        // It may have opened since, before this task could look again and sleep until then.
        admit(here);
    }
    mine.take();
    co_return turn(*this, at, ++taken_);
}

bool host_turns::is_alone(const turn& of) const noexcept {
    return of.at_->second.limit < 2;
}

void host_turns::note_overload(const turn& of, duration pause) {
    if (!backs_off_) return;
    host& here = of.at_->second;
    here.closed_until = std::max(here.closed_until, loop::current().now() + pause);
    if (of.number_ > here.lowered_at) {
        here.limit = std::max(1.0, std::min(here.limit, static_cast<double>(here.running)) / 2);
        here.lowered_at = taken_;
    }
    for (auto* each : here.queue)
        each->look_again();
}

void host_turns::note_answer(const turn& of) noexcept {
    host& here = of.at_->second;
    here.limit = std::min(static_cast<double>(most_), here.limit + 1 / here.limit);
    if (!is_closed(here)) here.closed_until = {};
    admit(here);
}

std::size_t host_turns::at_once(std::string_view origin) const {
    const auto found = hosts_.find(origin);
    return found == hosts_.end() ? most_ : static_cast<std::size_t>(found->second.limit);
}

bool host_turns::has_room(const host& at) const noexcept {
    return at.running < static_cast<std::size_t>(at.limit) && !is_closed(at);
}

/// Whether it wants to be left alone. Hosts that never said so need no look at the clock.
bool host_turns::is_closed(const host& at) noexcept {
    return at.closed_until != time_point{} && loop::current().now() < at.closed_until;
}

void host_turns::admit(host& at) noexcept {
    while (!at.queue.empty() && has_room(at)) {
        ++at.running;
        place& next = *at.queue.front();
        at.queue.pop_front();
        next.grant();
    }
}

void host_turns::leave(hosts::value_type& at) noexcept {
    --at.second.running;
    admit(at.second);
    forget_if_idle(at);
}

/// One that has backed off, or wants to be left alone, is remembered.
void host_turns::forget_if_idle(hosts::value_type& at) noexcept {
    const host& here = at.second;
    const bool is_idle = here.running == 0 && here.queue.empty();
    const bool is_as_new = here.limit >= static_cast<double>(most_) && here.closed_until == time_point{};
    if (is_idle && is_as_new) hosts_.erase(hosts_.find(at.first));
}

} // namespace tandem::http::detail
