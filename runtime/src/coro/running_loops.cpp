#include "coro/running_loops.hpp"

#include <mutex>
#include <unistd.h>
#include <vector>

namespace tandem::detail {
namespace {

struct entry {
    loop* which;
    int thread;
};

struct registry {
    std::mutex access;
    std::vector<entry> loops;
    loop_visitor* visitor = nullptr;
};

/// Never destroyed: loops of other threads may outlive main.
registry& all() {
    static registry& only = *new registry;
    return only;
}

} // namespace

void running_loops::enter(loop& which) {
    registry& known = all();
    const std::lock_guard lock(known.access);
    const int thread = static_cast<int>(::gettid());
    known.loops.push_back({&which, thread});
    if (known.visitor) known.visitor->loop_begins(which, thread);
}

void running_loops::leave(loop& which) noexcept {
    registry& known = all();
    const std::lock_guard lock(known.access);
    if (known.visitor) known.visitor->loop_ends(which);
    std::erase_if(known.loops, [&](const entry& each) { return each.which == &which; });
}

void running_loops::set_visitor(loop_visitor* visitor) noexcept {
    registry& known = all();
    const std::lock_guard lock(known.access);
    known.visitor = visitor;
}

void running_loops::for_each(const std::function<void(loop&, int)>& visit) {
    registry& known = all();
    const std::lock_guard lock(known.access);
    for (const entry& each : known.loops)
        visit(*each.which, each.thread);
}

} // namespace tandem::detail
