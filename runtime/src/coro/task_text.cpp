#include "coro/task_text.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tandem::detail {
namespace {

constexpr int deepest = 64;
/// Of a longer chain of awaits only so many at each end are written.
constexpr std::size_t chain_ends = 16;
/// Of tasks that look alike, so many are written before the rest is counted.
constexpr std::size_t alike_written = 3;

/// Where the parameter list that ends `text` begins; npos if none does.
std::size_t parameters_begin(std::string_view text) {
    int depth = 0;
    for (std::size_t at = text.rfind(')'); at != std::string_view::npos && at + 1 > 0; --at) {
        if (text[at] == ')') ++depth;
        if (text[at] == '(' && --depth == 0) return at;
        if (at == 0) break;
    }
    return std::string_view::npos;
}

/// What stands after the last space that is inside no brackets: the name behind a result type.
std::string_view last_word(std::string_view text) {
    int depth = 0;
    for (std::size_t at = text.size(); at-- > 0;) {
        const char c = text[at];
        if (c == '>' || c == ')' || c == ']') ++depth;
        if (c == '<' || c == '(' || c == '[') --depth;
        if (c == ' ' && depth == 0) return text.substr(at + 1);
    }
    return text;
}

/// Without g++'s notes on the arguments of templates: "[with T = int]".
std::string without_notes(std::string text) {
    constexpr std::string_view note = " [with ";
    for (std::size_t begin = text.find(note); begin != std::string::npos; begin = text.find(note)) {
        std::size_t end = begin + 1;
        for (int depth = 0; end < text.size(); ++end) {
            if (text[end] == '[') ++depth;
            if (text[end] == ']' && --depth == 0) break;
        }
        text.erase(begin, end + 1 - begin);
    }
    return text;
}

std::string readable(duration length) {
    const double seconds = std::chrono::duration<double>(length).count();
    char text[32];
    std::snprintf(text, sizeof text, seconds < 10 ? "%.3f s" : "%.0f s", seconds);
    return text;
}

const char* reason_text(cancel_reason reason) {
    switch (reason) {
    case cancel_reason::requested:
        return "requested";
    case cancel_reason::deadline:
        return "deadline";
    case cancel_reason::sibling_failed:
        return "a sibling failed";
    case cancel_reason::interrupted:
        return "interrupted";
    case cancel_reason::deadlock:
        return "deadlock";
    }
    return "unknown";
}

std::string count_of(std::size_t count, const char* what) {
    return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

} // namespace

std::string plain_function_name(const std::string& signature) {
    const std::string bare = without_notes(signature);
    std::string_view name = bare;
    // The parentheses of "<lambda(int)>" are no list of parameters that ends it.
    if (const auto begin = parameters_begin(name);
        begin != std::string_view::npos && begin > 0 && !name.ends_with('>'))
        name = name.substr(0, begin);
    name = last_word(name);
    constexpr std::string_view call = "::operator()";
    if (name.ends_with(call)) name.remove_suffix(call.size());
    return std::string(name.empty() ? std::string_view(signature) : name);
}

bool is_librarys_own(const std::string& file) {
    return file.find("/include/tandem/") != std::string::npos ||
           file.find("runtime/src/run/") != std::string::npos;
}

task_text::task_text(const std::unordered_map<const promise_base*, frame>& frames,
                     const std::unordered_map<const cancel_scope*, open_scope>& scopes)
    : frames_(frames)
    , scopes_(scopes) {
    for (const auto& [at, scope] : scopes_)
        if (scope.opener) opened_by_.emplace(scope.opener, &scope);
    collect();
    arrange();
}

/// A task for each coroutine that nobody below it keeps waiting.
void task_text::collect() {
    for (const auto& [at, leaf] : frames_) {
        if (leaf.has_child) continue;
        one_task task;
        const frame* each = &leaf;
        for (;;) {
            task.chain.push_back(each);
            const auto above = frames_.find(each->awaited_by);
            if (each->is_spawned || above == frames_.end() || task.chain.size() > frames_.size()) break;
            each = &above->second;
        }
        std::reverse(task.chain.begin(), task.chain.end());
        tasks_.push_back(std::move(task));
    }
    const auto scope_age = [&](const frame& spawned) {
        const auto found = scopes_.find(spawned.scope);
        return found == scopes_.end() ? 0 : found->second.id;
    };
    std::sort(tasks_.begin(), tasks_.end(), [&](const one_task& one, const one_task& other) {
        const auto ages = std::pair(scope_age(one.outermost()), scope_age(other.outermost()));
        if (ages.first != ages.second) return ages.first < ages.second;
        return one.outermost().index < other.outermost().index;
    });
}

/// Puts each task below the one whose coroutine opened the scope that it runs in.
void task_text::arrange() {
    std::unordered_map<const promise_base*, std::size_t> task_of;
    for (std::size_t i = 0; i < tasks_.size(); ++i)
        for (const frame* each : tasks_[i].chain)
            task_of.emplace(each->at, i);
    for (std::size_t i = 0; i < tasks_.size(); ++i) {
        const auto scope = scopes_.find(tasks_[i].outermost().scope);
        const auto parent = scope == scopes_.end() ? task_of.end() : task_of.find(scope->second.opener);
        if (parent == task_of.end() || parent->second == i)
            tops_.push_back(i);
        else
            tasks_[parent->second].children.push_back(i);
    }
}

std::string task_text::write(std::uint64_t steps, std::uint32_t coarse_now) {
    now_ = coarse_now;
    text_ = count_of(tasks_.size(), "task") + ", " + count_of(steps, "step") + " so far\n";
    write_tasks(tops_, "", 0);
    return std::move(text_);
}

bool task_text::look_alike(const one_task& one, const one_task& other) const {
    return one.children.empty() && other.children.empty() &&
           one.innermost().doing == other.innermost().doing &&
           std::equal(one.chain.begin(), one.chain.end(), other.chain.begin(), other.chain.end(),
                      [](const frame* a, const frame* b) {
                          return a->stands.line == b->stands.line && a->stands.file == b->stands.file;
                      });
}

void task_text::write_tasks(const std::vector<std::size_t>& which, const std::string& indent, int depth) {
    for (std::size_t i = 0; i < which.size();) {
        std::size_t end = i + 1;
        while (end < which.size() && look_alike(tasks_[which[i]], tasks_[which[end]]))
            ++end;
        const bool counts_rest = end - i > alike_written + 1;
        const std::size_t written = counts_rest ? i + alike_written : end;
        for (; i < written; ++i)
            write_task(tasks_[which[i]], indent, i + 1 == which.size(), depth);
        if (counts_rest)
            text_ += indent + (end == which.size() ? "└─ " : "├─ ") + "and " + std::to_string(end - i) +
                     " more that stand there\n";
        i = end;
    }
}

void task_text::write_task(const one_task& task, const std::string& indent, bool is_last, int depth) {
    text_ += indent + (is_last ? "└─ " : "├─ ") + headline(task) + '\n';
    const std::string below = indent + (is_last ? "   " : "│  ");
    write_chain(task, below + (task.children.empty() ? "     " : "│    "));
    if (depth == deepest)
        text_ += task.children.empty() ? "" : below + "└─ (deeper ones are left out)\n";
    else
        write_tasks(task.children, below, depth + 1);
}

std::string task_text::headline(const one_task& task) const {
    const frame* first = &task.outermost();
    // What was spawned may be a wrapper of the library's around the task that it was given.
    for (const frame* each : task.chain) {
        if (is_librarys_own(each->stands.file) && each != task.chain.back()) continue;
        first = each;
        break;
    }
    std::string text = first->stands.function;
    for (const frame* each : task.chain)
        if (!each->name.empty()) {
            text = each->name + " (" + text + ')';
            break;
        }
    const frame& inner = task.innermost();
    switch (inner.doing.value_or(task_tree_reader::activity::waiting)) {
    case task_tree_reader::activity::running:
        return text + ", running";
    case task_tree_reader::activity::ready:
        return text + ", ready to run";
    case task_tree_reader::activity::waiting:
        break;
    }
    return text + ", waiting for " + readable(scheduler::coarse_length(now_ - inner.since));
}

void task_text::write_chain(const one_task& task, const std::string& indent) {
    std::vector<const frame*> shown;
    for (const frame* each : task.chain)
        if (!is_librarys_own(each->stands.file) || !notes_on(*each).empty()) shown.push_back(each);
    if (shown.empty()) shown.push_back(&task.innermost());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (i == chain_ends && shown.size() > 2 * chain_ends + 1) {
            const std::size_t left_out = shown.size() - 2 * chain_ends;
            text_ += indent + "(" + std::to_string(left_out) + " more awaits)\n";
            i += left_out;
        }
        write_frame(*shown[i], indent);
    }
}

void task_text::write_frame(const frame& at, const std::string& indent) {
    if (is_librarys_own(at.stands.file)) {
        text_ += indent + "in " + at.stands.function + notes_on(at) + '\n';
        return;
    }
    text_ += indent + at.stands.file + ':' + std::to_string(at.stands.line) + " in " + at.stands.function +
             notes_on(at) + '\n';
}

/// What is special of the scopes that a coroutine has open: " [time left: 0.4 s]".
std::string task_text::notes_on(const frame& opener) const {
    std::string notes;
    const auto [begin, end] = opened_by_.equal_range(opener.at);
    for (auto each = begin; each != end; ++each) {
        const open_scope& scope = *each->second;
        if (scope.reason) notes += std::string(" [cancelled: ") + reason_text(*scope.reason) + ']';
        if (scope.is_shielded) notes += " [shielded]";
        if (scope.deadline && !scope.reason && *scope.deadline < time_point::max()) {
            const auto left = static_cast<std::int32_t>(scheduler::coarse(*scope.deadline) - now_);
            notes += " [time left: " +
                     readable(scheduler::coarse_length(static_cast<std::uint32_t>(std::max(left, 0)))) + ']';
        }
    }
    return notes;
}

} // namespace tandem::detail
