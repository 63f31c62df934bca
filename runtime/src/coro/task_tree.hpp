// What the tasks of a loop are doing: reads its scopes, coroutines and queues.
#pragma once
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <unordered_map>
#include <vector>

#include <tandem/coro/loop.hpp>
#include <tandem/coro/waiter.hpp>

#include "coro/task_memory.hpp"

namespace tandem::detail {

/// Collects the tasks of a loop. Nothing is kept for this while the loop runs but a few words (who opened a
/// scope, since when a coroutine waits): every task that does not run is found through what will wake it, a
/// waiter in the list of its scope, the ready queue, or a group that waits for its children; from there the
/// chain of awaits leads up to the coroutine that was spawned.
class task_tree_reader {
  public:
    explicit task_tree_reader(memory_access how) noexcept
        : memory_(how) {}

    enum class activity : std::uint8_t { waiting, ready, running };

    struct place {
        std::string file;
        unsigned line = 0;
        std::string function;
    };
    /// One coroutine of a task's chain of awaits.
    struct frame {
        const promise_base* at;
        const promise_base* awaited_by;
        const cancel_scope* scope;
        std::uint64_t index;
        std::uint32_t since;
        place stands;
        std::string name;
        bool is_spawned;
        bool has_child = false;
        std::optional<activity> doing;
    };
    struct open_scope {
        const cancel_scope* at;
        const promise_base* opener;
        std::uint64_t id;
        std::optional<time_point> deadline;
        std::optional<cancel_reason> reason;
        bool is_cancelled;
        bool is_shielded;
    };

    /// The tree as text; ends with a newline. Throws std::bad_alloc only.
    std::string describe(const loop& which);

    /// True if the loop took a step while `describe` read it, so that parts may not fit each other.
    bool was_disturbed() const noexcept { return disturbed_; }

    /// What the compiler knows of a place, for messages about a single one.
    static place place_of(const std::source_location& where);

    /// Tells a task from those that had or will have its memory.
    struct identity {
        const promise_base* spawned = nullptr;
        const cancel_scope* scope = nullptr;
        std::uint64_t index = 0;
    };
    /// Where a task stands: of its awaits, the innermost that is not the library's own. Empty if there is no
    /// such task (any more). On the loop's thread, between steps.
    std::optional<place> standing_of(const loop& which, const identity& task);

    /// Where the scopes were opened that stand directly below the root of a loop. On the loop's thread.
    static std::vector<place> scopes_below_root(loop& which);

  private:
    void read_all(const loop& which, const image<loop>& here);
    void read_scopes(const cancel_scope& root);
    void read_scope(const cancel_scope& at, const image<cancel_scope>& copy);
    void read_list(const promise_base* first);
    frame* read_chain(const promise_base* leaf);
    place read_place(const std::source_location& where);

    task_memory memory_;
    std::unordered_map<const promise_base*, frame> frames_;
    std::unordered_map<const cancel_scope*, open_scope> scopes_;
    std::unordered_map<const void*, place> places_;
    bool disturbed_ = false;
};

} // namespace tandem::detail
