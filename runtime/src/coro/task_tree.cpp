#include "coro/task_tree.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "coro/task_text.hpp"

namespace tandem::detail {
namespace {

/// Bounds a walk through memory that may be nonsense: more than any loop has.
constexpr std::size_t most_objects = 4'000'000;
constexpr std::size_t longest_text = 512;

/// As libstdc++ lays out what a std::source_location points to.
struct location_data {
    const char* file;
    const char* function;
    unsigned line;
    unsigned column;
};
static_assert(sizeof(std::source_location) == sizeof(const location_data*));

const void* data_of(const std::source_location& where) noexcept {
    const void* data;
    std::memcpy(&data, &where, sizeof data);
    return data;
}

} // namespace

task_tree_reader::place task_tree_reader::read_place(const std::source_location& where) {
    const void* const data = data_of(where);
    const auto [known, is_new] = places_.try_emplace(data);
    if (is_new) {
        image<location_data> copy;
        if (copy.read(memory_, static_cast<const location_data*>(data)))
            known->second = {memory_.text(copy->file, longest_text), copy->line,
                             plain_function_name(memory_.text(copy->function, longest_text))};
    }
    return known->second;
}

task_tree_reader::place task_tree_reader::place_of(const std::source_location& where) {
    return task_tree_reader(memory_access::own).read_place(where);
}

/// Reads a coroutine and those that await it. Returns the coroutine, null if it cannot be read.
task_tree_reader::frame* task_tree_reader::read_chain(const promise_base* leaf) {
    frame* first = nullptr;
    frame* below = nullptr;
    for (const promise_base* at = leaf; at && frames_.size() < most_objects;) {
        const auto known = frames_.find(at);
        if (known != frames_.end()) {
            if (below) known->second.has_child = true;
            return first ? first : &known->second;
        }
        image<promise_base> copy;
        if (!copy.read(memory_, at)) break;
        frame read{at,
                   copy->parent_,
                   copy->scope_,
                   copy->index_,
                   copy->since_,
                   read_place(copy->location_),
                   {},
                   copy->owner_ != nullptr,
                   below != nullptr,
                   {}};
        image<std::string> name;
        if (name.read(memory_, copy->name_.get()))
            read.name = memory_.text(name->data(), std::min(name->size(), longest_text));
        below = &frames_.emplace(at, std::move(read)).first->second;
        if (!first) first = below;
        at = below->awaited_by;
    }
    return first;
}

void task_tree_reader::read_list(const promise_base* first) {
    for (const promise_base* at = first; at && frames_.size() < most_objects;) {
        if (frame* leaf = read_chain(at)) leaf->doing = activity::ready;
        image<promise_base> copy;
        if (!copy.read(memory_, at)) return;
        at = copy->next_ready_;
    }
}

void task_tree_reader::read_scope(const cancel_scope& at, const image<cancel_scope>& copy) {
    const bool is_cancelled = copy->cause_ != nullptr;
    scopes_.emplace(&at, open_scope{&at, copy->opener_, copy->id_, copy->deadline_, copy->reason_,
                                    is_cancelled, copy->kind_ == cancel_scope::kind::shielded});
    if (copy->opener_ && copy->kind_ != cancel_scope::kind::floating) read_chain(copy->opener_);

    using hook = list_hook<waiter_tag>;
    const auto offset = reinterpret_cast<const std::byte*>(&copy->waiters_.head_) -
                        reinterpret_cast<const std::byte*>(copy.operator->());
    const auto* const end = reinterpret_cast<const hook*>(reinterpret_cast<const std::byte*>(&at) + offset);
    std::size_t seen = 0;
    for (const hook* link = copy->waiters_.head_.next_; link && link != end && ++seen < most_objects;) {
        const auto* const waiting = static_cast<const waiter*>(link);
        image<waiter> read;
        if (!read.read(memory_, waiting)) return;
        if (frame* leaf = read_chain(read->task_)) leaf->doing = activity::waiting;
        link = static_cast<const hook*>(read.operator->())->next_;
    }
}

void task_tree_reader::read_scopes(const cancel_scope& root) {
    std::vector<const cancel_scope*> left{&root};
    while (!left.empty() && scopes_.size() < most_objects) {
        const cancel_scope* const at = left.back();
        left.pop_back();
        image<cancel_scope> copy;
        if (scopes_.count(at) || !copy.read(memory_, at)) continue;
        read_scope(*at, copy);
        if (at != &root && copy->next_sibling_) left.push_back(copy->next_sibling_);
        if (copy->first_child_) left.push_back(copy->first_child_);
    }
}

void task_tree_reader::read_all(const loop& which, const image<loop>& here) {
    const scheduler& now = here->scheduler_;
    // A copy of an optional tells where its value is only by its own address.
    if (here->root_) {
        const auto offset = reinterpret_cast<const std::byte*>(&*here->root_) -
                            reinterpret_cast<const std::byte*>(here.operator->());
        read_scopes(
            *reinterpret_cast<const cancel_scope*>(reinterpret_cast<const std::byte*>(&which) + offset));
    }
    read_list(now.first_ready_);
    read_list(now.turn_);
    if (now.next_)
        if (frame* next = read_chain(now.next_)) next->doing = activity::ready;
    if (now.current_)
        if (frame* current = read_chain(now.current_)) current->doing = activity::running;
}

std::optional<task_tree_reader::place> task_tree_reader::standing_of(const loop& which,
                                                                     const identity& task) {
    image<loop> here;
    if (here.read(memory_, &which)) read_all(which, here);
    for (const auto& [at, leaf] : frames_) {
        if (leaf.has_child) continue;
        const frame* shown = nullptr;
        const frame* each = &leaf;
        for (std::size_t seen = 0; seen < frames_.size(); ++seen) {
            if (!shown && !is_librarys_own(each->stands.file)) shown = each;
            const auto above = frames_.find(each->awaited_by);
            if (each->is_spawned || above == frames_.end()) break;
            each = &above->second;
        }
        if (each->at == task.spawned && each->scope == task.scope && each->index == task.index)
            return (shown ? shown : &leaf)->stands;
    }
    return std::nullopt;
}

std::vector<task_tree_reader::place> task_tree_reader::scopes_below_root(loop& which) {
    std::vector<place> found;
    for (const cancel_scope* at = which.root()->first_child_; at; at = at->next_sibling_)
        found.push_back(place_of(at->opened_at_));
    return found;
}

std::string task_tree_reader::describe(const loop& which) {
    image<loop> here;
    if (!here.read(memory_, &which)) return "the loop is gone\n";
    const scheduler& now = here->scheduler_;
    read_all(which, here);

    image<loop> after;
    // A task that is just being taken from the queue is nowhere for an instant, which may last where the
    // thread is off its core.
    disturbed_ = !after.read(memory_, &which) || after->scheduler_.steps_ != now.steps_ ||
                 after->scheduler_.current_ != now.current_ || frames_.empty();
    // A loop that is stuck in a step has not read its clock for long.
    const std::uint32_t time = now.source_ ? now.coarse_now_ : scheduler::coarse(clock::now());
    return task_text(frames_, scopes_).write(now.steps_, time);
}

} // namespace tandem::detail
