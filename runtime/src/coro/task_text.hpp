// The tree of tasks as people read it.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "coro/task_tree.hpp"

namespace tandem::detail {

/// A function's name out of what the compiler tells of a coroutine: without its result, its parameters and
/// the frame type that g++ puts in their place.
std::string plain_function_name(const std::string& signature);

/// True for the files of the library itself, whose awaits say little to its users.
bool is_librarys_own(const std::string& file);

/// Writes each task below the one that spawned it, with its awaits from the outermost to the one it waits at.
/// Coroutines of the library's own headers are left out where one of the application's awaits them; tasks
/// that stand at one place are counted after the first few.
class task_text {
  public:
    using frame = task_tree_reader::frame;
    using open_scope = task_tree_reader::open_scope;

    task_text(const std::unordered_map<const promise_base*, frame>& frames,
              const std::unordered_map<const cancel_scope*, open_scope>& scopes);

    /// `coarse_now` is the time as the scheduler's coarse clock has it.
    std::string write(std::uint64_t steps, std::uint32_t coarse_now);

  private:
    struct one_task {
        /// From the coroutine that was spawned to the innermost.
        std::vector<const frame*> chain;
        std::vector<std::size_t> children;
        const frame& outermost() const { return *chain.front(); }
        const frame& innermost() const { return *chain.back(); }
    };

    void collect();
    void arrange();
    void write_tasks(const std::vector<std::size_t>& which, const std::string& indent, int depth);
    void write_task(const one_task& task, const std::string& indent, bool is_last, int depth);
    void write_chain(const one_task& task, const std::string& indent);
    void write_frame(const frame& at, const std::string& indent);
    std::string headline(const one_task& task) const;
    std::string notes_on(const frame& opener) const;
    bool look_alike(const one_task& one, const one_task& other) const;

    const std::unordered_map<const promise_base*, frame>& frames_;
    const std::unordered_map<const cancel_scope*, open_scope>& scopes_;
    std::unordered_multimap<const promise_base*, const open_scope*> opened_by_;
    std::vector<one_task> tasks_;
    std::vector<std::size_t> tops_;
    std::uint32_t now_ = 0;
    std::string text_;
};

} // namespace tandem::detail
